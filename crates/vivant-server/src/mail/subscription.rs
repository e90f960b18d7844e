//! What a mail of a subscription says, as text and as HTML.
//!
//! The HTML keeps to what mail programs show: tables, styles in the elements, dark colours where
//! the program asks for them. Its colours are those of the server's web pages.

use crate::web::{escape, fill};

/// The widest that a picture is shown, in CSS pixels.
const WIDEST: u32 = 534;
/// The same where two stand side by side.
const WIDEST_OF_TWO: u32 = 240;

/// What one mail tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edition {
    /// The subject.
    pub subject: String,
    /// What its creator wrote to its reader.
    pub message: Option<String>,
    /// The name of the site.
    pub site: String,
    /// `view` or `workbook`.
    pub kind: &'static str,
    /// The name of the view or workbook.
    pub name: String,
    /// The workbook of a view.
    pub workbook: Option<String>,
    /// The project.
    pub project: String,
    /// Where the view or workbook is opened.
    pub link: String,
    /// The views that it shows.
    pub sheets: Vec<Sheet>,
    /// The name of the schedule.
    pub schedule: String,
    /// When the mail was made, for people.
    pub made: String,
    /// What its reader should know of this mail.
    pub notes: Vec<String>,
    /// What the site writes below all such mails.
    pub footer: Option<String>,
    /// Where its reader ends these mails.
    pub unsubscribe: String,
}

/// A view that a mail shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Where it is opened.
    pub link: String,
    /// The picture's id in the letter, and its size.
    pub picture: Option<(String, u32, u32)>,
}

impl Edition {
    /// The mail as plain text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.name, self.place(" > "));
        if let Some(message) = &self.message {
            text += &format!("{}\n\n", message.trim());
        }
        for note in &self.notes {
            text += &format!("{note}\n\n");
        }
        text += &format!("{}: {}\n", self.open(), self.link);
        if self.sheets.len() > 1 {
            text += "\n";
            for sheet in &self.sheets {
                text += &format!("- {}: {}\n", sheet.name, sheet.link);
            }
        }
        text += &format!("\nMade {}.\n\n-- \n", self.made);
        if let Some(footer) = &self.footer {
            text += &format!("{}\n\n", footer.trim());
        }
        text += &format!(
            "You get this mail because you are subscribed to this {}, on the schedule \"{}\".\nUnsubscribe: {}\n",
            self.kind, self.schedule, self.unsubscribe
        );
        text
    }

    /// The mail as HTML.
    pub fn html(&self) -> String {
        let preheader = match &self.message {
            Some(message) => super::letter::shorten(&super::letter::one_line(message), 140),
            None => format!("{}, {}", self.place(" > "), self.made),
        };
        fill(
            include_str!("subscription.html"),
            &[
                ("subject", escape(&self.subject)),
                ("preheader", escape(&preheader)),
                ("site", escape(&self.site)),
                ("place", escape(&self.place(" › "))),
                ("name", escape(&self.name)),
                ("made", escape(&format!("Made {}", self.made))),
                ("message", self.message_html()),
                ("pictures", self.pictures_html()),
                ("notes", self.notes_html()),
                ("link", escape(&self.link)),
                ("open", escape(&self.open())),
                ("footer", self.footer_html()),
                ("kind", self.kind.to_owned()),
                ("schedule", escape(&format!("“{}”", self.schedule))),
                ("unsubscribe", escape(&self.unsubscribe)),
            ],
        )
    }

    fn place(&self, separator: &str) -> String {
        match &self.workbook {
            Some(workbook) => format!("{}{separator}{workbook}", self.project),
            None => self.project.clone(),
        }
    }

    fn open(&self) -> String {
        format!("Open the {}", self.kind)
    }

    fn message_html(&self) -> String {
        let Some(message) = &self.message else {
            return String::new();
        };
        format!(
            "  <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
             style=\"margin-top:20px\"><tr><td class=\"note ink\" style=\"background-color:#eef6f4;border-left:3px solid \
             #0f7b6c;border-radius:0 8px 8px 0;padding:12px 16px;font-size:16px;line-height:1.55;color:#1d2733;\
             word-break:break-word\">{}</td></tr></table>\n",
            lines(message)
        )
    }

    fn notes_html(&self) -> String {
        let note = |note: &String| {
            format!(
                "  <div class=\"quiet\" style=\"margin-top:16px;font-size:14px;line-height:1.55;color:#5d6b7a\">{}</div>\n",
                lines(note)
            )
        };
        self.notes.iter().map(note).collect()
    }

    fn footer_html(&self) -> String {
        self.footer.as_ref().map_or_else(String::new, |footer| {
            format!(
                "  <div class=\"line\" style=\"border-bottom:1px solid #dde4ea;padding-bottom:12px;margin-bottom:12px\">{}\
                 </div>\n",
                lines(footer)
            )
        })
    }

    fn pictures_html(&self) -> String {
        match self.sheets.as_slice() {
            [] => String::new(),
            [sheet] => {
                let Some((id, width, height)) = &sheet.picture else {
                    return String::new();
                };
                let image = picture(sheet, id, *width, *height, WIDEST);
                format!("  <div style=\"margin-top:24px\">{image}</div>\n")
            }
            sheets => {
                let rows = sheets.chunks(2).map(|pair| {
                    let first = pair.first().map(|sheet| cell(sheet, "0 8px 0 0"));
                    let second = pair.get(1).map(|sheet| cell(sheet, "0 0 0 8px"));
                    let empty = "<td class=\"half none\" width=\"50%\">&nbsp;</td>".to_owned();
                    format!(
                        "<tr>{}{}</tr>",
                        first.unwrap_or_default(),
                        second.unwrap_or(empty)
                    )
                });
                format!(
                    "  <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
                     style=\"margin-top:6px\">{}</table>\n",
                    rows.collect::<String>()
                )
            }
        }
    }
}

/// One of several views: its name, and its picture where there is one.
fn cell(sheet: &Sheet, padding: &str) -> String {
    let image = sheet
        .picture
        .as_ref()
        .map_or_else(String::new, |(id, width, height)| {
            picture(sheet, id, *width, *height, WIDEST_OF_TWO)
        });
    format!(
        "<td class=\"half\" width=\"50%\" valign=\"top\" style=\"padding:{padding}\"><div style=\"padding:16px 0 8px;\
         font-size:15px;line-height:20px;font-weight:600;word-break:break-word\"><a class=\"leaf\" href=\"{}\" \
         style=\"color:#0f7b6c;text-decoration:none\">{}</a></div>{image}</td>",
        escape(&sheet.link),
        escape(&sheet.name)
    )
}

fn picture(sheet: &Sheet, id: &str, width: u32, height: u32, widest: u32) -> String {
    let shown = width.min(widest).max(1);
    // Outlook scales by the attributes, the others by the style.
    let tall = u64::from(height) * u64::from(shown) / u64::from(width.max(1));
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td class=\"frame\" \
         align=\"center\" style=\"background-color:#ffffff;border:1px solid #dde4ea;border-radius:8px;padding:12px\">\
         <a href=\"{}\" style=\"text-decoration:none\"><img src=\"cid:{}\" width=\"{shown}\" height=\"{tall}\" alt=\"{}\" \
         style=\"display:block;border:0;width:100%;max-width:{shown}px;height:auto;color:#5d6b7a;font-size:14px\"></a>\
         </td></tr></table>",
        escape(&sheet.link),
        escape(id),
        escape(&format!("Picture of {}", sheet.name))
    )
}

/// A text of several lines as HTML.
fn lines(text: &str) -> String {
    text.trim().lines().map(escape).collect::<Vec<_>>().join("<br>")
}

/// The size of a PNG, where it is one.
pub fn png_size(png: &[u8]) -> Option<(u32, u32)> {
    let header = png.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let (width, height) = (number(8)?, number(12)?);
    (header.get(4..8)? == b"IHDR" && width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition() -> Edition {
        Edition {
            subject: "Weekly sales".to_owned(),
            message: Some("Have a look\nat the west.".to_owned()),
            site: "Default".to_owned(),
            kind: "view",
            name: "Sales by Region".to_owned(),
            workbook: Some("Superstore".to_owned()),
            project: "Reports".to_owned(),
            link: "https://vivant.example.com/#/views/Superstore/SalesbyRegion".to_owned(),
            sheets: vec![Sheet {
                name: "Sales by Region".to_owned(),
                link: "https://vivant.example.com/#/views/Superstore/SalesbyRegion".to_owned(),
                picture: Some(("picture-1".to_owned(), 384, 192)),
            }],
            schedule: "Mondays".to_owned(),
            made: "23 November 2026, 07:00 UTC".to_owned(),
            notes: vec!["A note.".to_owned()],
            footer: Some("Example Ltd".to_owned()),
            unsubscribe: "https://vivant.example.com/vivant/unsubscribe/x".to_owned(),
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let edition = edition();
        for form in [edition.text(), edition.html()] {
            for part in [
                "Sales by Region",
                "Superstore",
                "Reports",
                "Have a look",
                "Mondays",
                "23 November 2026",
                "A note.",
                "Example Ltd",
                &edition.link,
                &edition.unsubscribe,
            ] {
                assert!(form.contains(part), "{part}: {form}");
            }
        }
        assert!(
            edition
                .html()
                .contains("src=\"cid:picture-1\" width=\"384\" height=\"192\"")
        );
    }

    #[test]
    fn what_users_write_is_no_html() {
        let attack = "<script>alert('{{link}}')</script>\"";
        let html = Edition {
            subject: attack.to_owned(),
            message: Some(attack.to_owned()),
            site: attack.to_owned(),
            name: attack.to_owned(),
            workbook: Some(attack.to_owned()),
            project: attack.to_owned(),
            schedule: attack.to_owned(),
            footer: Some(attack.to_owned()),
            ..edition()
        }
        .html();
        assert!(!html.contains("<script"), "{html}");
        assert!(
            html.contains("{{link}}"),
            "nothing of a user is filled in: {html}"
        );
    }

    #[test]
    fn every_place_of_the_page_is_filled() {
        let html = edition().html();
        assert!(!html.contains("{{"), "{html}");
    }

    #[test]
    fn several_views_stand_side_by_side() {
        let mut edition = edition();
        edition.sheets = vec![edition.sheets[0].clone(), Sheet::default(), Sheet::default()];
        let html = edition.html();
        assert_eq!(html.matches("<td class=\"half").count(), 4);
        assert!(html.contains("width=\"240\" height=\"120\""), "{html}");
    }

    #[test]
    fn the_size_of_a_png_is_read() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 1, 128, 0, 0, 0, 192, 8, 6]);
        assert_eq!(png_size(&png), Some((384, 192)));
        assert_eq!(png_size(&png[..20]), None);
        assert_eq!(png_size(b"GIF89a"), None);
    }
}
