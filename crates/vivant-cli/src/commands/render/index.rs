//! The page that shows all pictures of a workbook. It needs nothing from outside its folder, and no script.

use std::fmt::Write;

/// A view on the page.
pub struct Card {
    /// The name of the view.
    name: String,
    /// What it is: a worksheet, a dashboard, a story.
    kind: &'static str,
    /// The file of its picture, beside the page.
    pub file: String,
    /// The size of the picture in pixels.
    pub size: Option<(f64, f64)>,
    /// What differs from Tableau.
    pub remarks: Vec<String>,
    /// Why there is no picture.
    pub failure: Option<String>,
}

impl Card {
    /// Makes the card of a view, with a file name that none of the others has.
    pub fn new(name: &str, kind: &'static str, ending: &str, others: &[Card]) -> Self {
        let stem = file_stem(name);
        let mut file = format!("{stem}.{ending}");
        let mut number = 2;
        while others
            .iter()
            .any(|other| other.file.to_lowercase() == file.to_lowercase())
        {
            file = format!("{stem}-{number}.{ending}");
            number += 1;
        }
        Self {
            name: name.to_owned(),
            kind,
            file,
            size: None,
            remarks: Vec::new(),
            failure: None,
        }
    }
}

/// Makes a file name of the name of a view: letters and digits, with hyphens between.
fn file_stem(name: &str) -> String {
    const MOST: usize = 60;
    let mut stem = String::new();
    for char in name.chars().take(MOST) {
        match char.is_alphanumeric() {
            true => stem.push(char),
            false if stem.is_empty() || stem.ends_with('-') => {}
            false => stem.push('-'),
        }
    }
    let stem = stem.trim_end_matches('-');
    match stem.is_empty() {
        true => "view".to_owned(),
        false => stem.to_owned(),
    }
}

/// Writes the page.
pub fn page(title: &str, cards: &[Card]) -> String {
    let mut list = String::new();
    let mut large = String::new();
    let drawn: Vec<usize> = (0..cards.len())
        .filter(|&at| cards[at].failure.is_none())
        .collect();
    for (at, card) in cards.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write_card(&mut list, at, card);
        if let Some(place) = drawn.iter().position(|&one| one == at) {
            let before = drawn[(place + drawn.len() - 1) % drawn.len()];
            let after = drawn[(place + 1) % drawn.len()];
            let _ = write_large(&mut large, at, card, before, after);
        }
    }
    let count = match cards.len() {
        1 => "1 view".to_owned(),
        count => format!("{count} views"),
    };
    PAGE.replace("{title}", &escaped(title))
        .replace("{count}", &count)
        .replace("{cards}", &list)
        .replace("{large}", &large)
}

fn write_card(out: &mut String, at: usize, card: &Card) -> std::fmt::Result {
    let (name, kind) = (escaped(&card.name), card.kind);
    match &card.failure {
        None => write!(
            out,
            "<li><a class=\"sheet\" href=\"#v{at}\"><img src=\"{file}\" alt=\"{name}\" loading=\"lazy\"></a>",
            file = escaped(&card.file),
        )?,
        Some(failure) => write!(
            out,
            "<li><div class=\"sheet failed\"><p>{}</p></div>",
            escaped(failure)
        )?,
    }
    writeln!(out, "<h2>{name}</h2><p class=\"kind\">{kind}</p>")?;
    if !card.remarks.is_empty() {
        let count = card.remarks.len();
        let word = if count == 1 { "remark" } else { "remarks" };
        write!(out, "<details><summary>{count} {word}</summary><ul>")?;
        for remark in &card.remarks {
            write!(out, "<li>{}</li>", escaped(remark))?;
        }
        write!(out, "</ul></details>")?;
    }
    writeln!(out, "</li>")
}

fn write_large(out: &mut String, at: usize, card: &Card, before: usize, after: usize) -> std::fmt::Result {
    let (name, file) = (escaped(&card.name), escaped(&card.file));
    let (width, height) = card.size.unwrap_or_default();
    writeln!(
        out,
        "<section id=\"v{at}\" class=\"large\"><header><h2>{name}</h2><nav>\
         <a href=\"#v{before}\" aria-label=\"Previous\">‹</a><a href=\"#v{after}\" aria-label=\"Next\">›</a>\
         <a href=\"{file}\" download aria-label=\"Download\">↓</a><a href=\"#all\" aria-label=\"Close\">×</a>\
         </nav></header><div><img src=\"{file}\" alt=\"{name}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\">\
         </div></section>"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // No placeholder of the page is in a name.
            '{' => out.push_str("&#123;"),
            char => out.push(char),
        }
    }
    out
}

const PAGE: &str = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {
  color-scheme: light dark;
  --ground: #f6f5f2; --ink: #24292f; --soft: #6b7280; --line: #e3e1dc; --card: #fff; --mark: #4e79a7;
  --shadow: 0 1px 2px rgb(0 0 0 / .05), 0 8px 24px rgb(0 0 0 / .06);
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #17191c; --ink: #e8e8e6; --soft: #9aa1aa; --line: #2c3035; --shadow: 0 8px 24px rgb(0 0 0 / .4); }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: clamp(1.5rem, 5vw, 4.5rem); background: var(--ground); color: var(--ink);
  font: 16px/1.5 "Source Sans 3", "Source Sans Pro", system-ui, -apple-system, "Segoe UI", sans-serif;
}
body > header { max-width: 90rem; margin: 0 auto clamp(1.5rem, 4vw, 3rem); }
body > header::before { content: ""; display: block; width: 3rem; height: .3rem; margin-bottom: 1.25rem;
  background: linear-gradient(90deg, #4e79a7 33%, #f28e2b 33% 66%, #e15759 66%); }
h1 { margin: 0; font-size: clamp(1.9rem, 4.5vw, 3.1rem); line-height: 1.1; font-weight: 600; letter-spacing: -.02em;
  overflow-wrap: anywhere; }
body > header p { margin: .6rem 0 0; color: var(--soft); }
#all { list-style: none; max-width: 90rem; margin: 0 auto; padding: 0; display: grid; gap: clamp(1.5rem, 3vw, 2.75rem);
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.sheet { display: block; aspect-ratio: 4 / 3; overflow: hidden; background: #fff; border: 1px solid var(--line);
  border-radius: .6rem; box-shadow: var(--shadow); transition: transform .18s ease, border-color .18s ease; }
a.sheet:hover, a.sheet:focus-visible { transform: translateY(-3px); border-color: var(--mark); outline: none; }
.sheet img { width: 100%; height: 100%; object-fit: contain; object-position: center; padding: .6rem; display: block; }
.sheet.failed { display: grid; place-items: center; padding: 1.5rem; background: none; border-style: dashed;
  box-shadow: none; color: var(--soft); text-align: center; overflow: auto; }
#all h2 { margin: .9rem 0 0; font-size: 1.08rem; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere; }
.kind { margin: 0; color: var(--soft); font-size: .88rem; }
details { margin-top: .3rem; color: var(--soft); font-size: .88rem; }
summary { cursor: pointer; }
details ul { margin: .3rem 0 0; padding-left: 1.1rem; }
.large { position: fixed; inset: 0; display: none; flex-direction: column; background: var(--ground); }
.large:target { display: flex; }
.large header { display: flex; align-items: center; gap: 1rem; padding: .7rem clamp(1rem, 3vw, 2rem);
  border-bottom: 1px solid var(--line); }
.large h2 { flex: 1; margin: 0; font-size: 1.1rem; font-weight: 600; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.large nav { display: flex; gap: .2rem; }
.large nav a { width: 2.4rem; height: 2.4rem; display: grid; place-items: center; border-radius: 50%; font-size: 1.35rem;
  line-height: 1; color: inherit; text-decoration: none; }
.large nav a:hover, .large nav a:focus-visible { background: var(--line); outline: none; }
.large > div { flex: 1; overflow: auto; display: grid; padding: clamp(1rem, 3vw, 2rem); }
.large img { margin: auto; background: #fff; max-width: 100%; height: auto; border-radius: .3rem;
  box-shadow: var(--shadow); }
footer { max-width: 90rem; margin: clamp(2rem, 5vw, 4rem) auto 0; color: var(--soft); font-size: .85rem; }
</style>
</head>
<body>
<header><h1>{title}</h1><p>{count}</p></header>
<ul id="all">
{cards}</ul>
{large}<footer>Drawn by Vivant</footer>
</body>
</html>
"##;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_names_of_their_own() {
        let mut cards: Vec<Card> = Vec::new();
        for name in ["Sales / East", "Sales: East", "…", "Überblick", "SALES EAST"] {
            cards.push(Card::new(name, "Worksheet", "png", &cards));
        }
        let files: Vec<&str> = cards.iter().map(|card| card.file.as_str()).collect();
        assert_eq!(
            files,
            [
                "Sales-East.png",
                "Sales-East-2.png",
                "view.png",
                "Überblick.png",
                "SALES-EAST-3.png"
            ]
        );
    }

    #[test]
    fn names_cannot_break_the_page() {
        let mut card = Card::new("<b>{cards}\"", "Dashboard", "svg", &[]);
        card.remarks = vec!["a < b".to_owned()];
        let mut failed = Card::new("Map", "Worksheet", "svg", &[]);
        failed.failure = Some("no <data>".to_owned());
        let page = page("{large} & <more>", &[card, failed]);
        assert!(page.contains("<title>&#123;large} &amp; &lt;more&gt;</title>"));
        assert!(page.contains("<h2>&lt;b&gt;&#123;cards}&quot;</h2><p class=\"kind\">Dashboard</p>"));
        assert!(page.contains("<li>a &lt; b</li>") && page.contains("<p>no &lt;data&gt;</p>"));
        assert_eq!(page.matches("class=\"large\"").count(), 1);
        assert!(page.contains("2 views"));
    }
}
