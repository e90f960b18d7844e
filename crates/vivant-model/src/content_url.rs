//! Content URLs: the part of a web address that names a site, workbook, view or data source.

/// Makes a content URL of a name: white space and most punctuation go, letters, digits, `-` and
/// `_` stay.
///
/// Tableau: "World Indicators" becomes `WorldIndicators`, "Tale of 100 Start-ups" becomes
/// `Taleof100Start-ups` (examples of the REST reference). A name of nothing but punctuation gets
/// `_`, since the part of an address cannot be empty.
pub fn from_name(name: &str) -> String {
    let url: String = name
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    if url.is_empty() { "_".to_owned() } else { url }
}

/// Returns the n-th alternative of a content URL that is taken: `Finance`, `Finance_1`, ….
pub fn numbered(base: &str, n: u32) -> String {
    if n == 0 {
        base.to_owned()
    } else {
        format!("{base}_{n}")
    }
}

/// Makes the content URLs of a workbook's views, `{workbook}/sheets/{view}`, distinct without
/// regard to case, in the order of the names.
pub fn of_views<'a>(workbook: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = std::collections::HashSet::new();
    let mut urls = Vec::new();
    for name in names {
        let base = from_name(name);
        let mut n = 0;
        let url = loop {
            let candidate = numbered(&base, n);
            if taken.insert(candidate.to_lowercase()) {
                break candidate;
            }
            n += 1;
        };
        urls.push(format!("{workbook}/sheets/{url}"));
    }
    urls
}

/// Returns the last part of a view's content URL, `viewUrlName` of the API.
pub fn view_url_name(content_url: &str) -> &str {
    content_url.rsplit('/').next().unwrap_or(content_url)
}

/// Returns whether the text may be the content URL of a site: letters, digits, `_` and `-`; empty
/// for the Default site alone.
pub fn is_site_url(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && text.len() <= 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_reference() {
        for (name, url) in [
            ("World Indicators", "WorldIndicators"),
            ("Tale of 100 Start-ups", "Taleof100Start-ups"),
            ("Investing in the Dow", "InvestingintheDow"),
            ("Vertriebs-Übersicht (2024)", "Vertriebs-Übersicht2024"),
            ("?!", "_"),
        ] {
            assert_eq!(from_name(name), url);
        }
    }

    #[test]
    fn views_of_one_workbook_have_distinct_urls() {
        assert_eq!(
            of_views("W", ["Sheet 1", "Sheet1", "sheet1", "Other"]),
            [
                "W/sheets/Sheet1",
                "W/sheets/Sheet1_1",
                "W/sheets/sheet1_2",
                "W/sheets/Other"
            ]
        );
    }
}
