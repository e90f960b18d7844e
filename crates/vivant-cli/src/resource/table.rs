//! Tables on a terminal: columns by their width on the screen, shortened where they do not fit.

use std::io::IsTerminal;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Space between columns.
const GAP: usize = 2;
/// No column is made narrower.
const NARROWEST: usize = 8;

/// Which way a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// What a table is drawn on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Screen {
    /// How many columns of letters fit; `None` where nothing limits a line.
    pub width: Option<usize>,
    /// Whether the head may be set off.
    pub styled: bool,
}

impl Screen {
    /// What stdout is.
    pub fn of_stdout() -> Self {
        let out = std::io::stdout();
        if !out.is_terminal() {
            return Self::default();
        }
        let size = terminal_size::terminal_size_of(out);
        Self {
            width: size
                .map(|(width, _)| usize::from(width.0))
                .filter(|width| *width > 0),
            styled: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Draws a table; the `spare` column is left out where it does not fit.
pub fn draw(head: &[(&str, Align)], rows: &[Vec<String>], spare: Option<usize>, screen: Screen) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let mut widths: Vec<usize> = head.iter().map(|(title, _)| title.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut columns: Vec<usize> = (0..head.len()).collect();
    if let Some(limit) = screen.width {
        if total(&columns, &widths) > limit
            && let Some(spare) = spare
        {
            columns.retain(|column| *column != spare);
        }
        while total(&columns, &widths) > limit {
            let widest = columns.iter().copied().max_by_key(|column| widths[*column]);
            match widest {
                Some(column) if widths[column] > NARROWEST => widths[column] -= 1,
                _ => break,
            }
        }
    }
    let mut out = String::new();
    let titles: Vec<&str> = head.iter().map(|(title, _)| *title).collect();
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (i, column) in columns.iter().enumerate() {
            let cell = shorten(cells[*column], widths[*column]);
            let pad = " ".repeat(widths[*column].saturating_sub(cell.width()));
            if i > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            match head[*column].1 {
                Align::Left => line.extend([cell.as_str(), &pad]),
                Align::Right => line.extend([pad.as_str(), &cell]),
            }
        }
        line.trim_end().to_owned()
    };
    match screen.styled {
        true => out.push_str(&format!("\x1b[1m{}\x1b[0m\n", line(&titles))),
        false => out.push_str(&format!("{}\n", line(&titles))),
    }
    for row in &rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        out.push_str(&line(&cells));
        out.push('\n');
    }
    out
}

/// Draws names and their values below each other.
pub fn pairs(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in rows {
        let pad = " ".repeat(width - name.width() + GAP);
        out.push_str(format!("{name}{pad}{}", one_line(value)).trim_end());
        out.push('\n');
    }
    out
}

/// Makes a text one line without anything that a terminal would obey.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            // Marks that turn the direction of writing around would let one cell disturb the others.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn total(columns: &[usize], widths: &[usize]) -> usize {
    let cells: usize = columns.iter().map(|column| widths[*column]).sum();
    cells + GAP * columns.len().saturating_sub(1)
}

fn shorten(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in cell.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(width: Option<usize>, spare: Option<usize>, expected: &str) {
        let head = [("NAME", Align::Left), ("SIZE", Align::Right), ("ID", Align::Left)];
        let rows = [
            ["Sales & Operations Report", "7", "0123456789abcdef"],
            ["数据分析 😀", "1234", "x"],
        ]
        .map(|row| row.map(str::to_owned).to_vec());
        let screen = Screen { width, styled: false };
        assert_eq!(draw(&head, &rows, spare, screen), expected);
    }

    #[test]
    fn columns_are_aligned_by_their_width_on_the_screen() {
        check(
            None,
            Some(2),
            "NAME                       SIZE  ID\n\
             Sales & Operations Report     7  0123456789abcdef\n\
             数据分析 😀                1234  x\n",
        );
    }

    #[test]
    fn a_narrow_screen_shortens_after_leaving_out_what_it_can_spare() {
        check(
            Some(20),
            Some(2),
            "NAME            SIZE\nSales & Opera…     7\n数据分析 😀     1234\n",
        );
        check(
            Some(26),
            None,
            "NAME       SIZE  ID\nSales & …     7  01234567…\n数据分析…  1234  x\n",
        );
    }

    #[test]
    fn a_terminal_gets_no_orders_from_names() {
        assert_eq!(one_line("a\x1b[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb c\u{fffd}d");
        assert_eq!(
            pairs(&[
                ("a".to_owned(), "1\x07".to_owned()),
                ("name".to_owned(), String::new())
            ]),
            "a     1\u{fffd}\nname\n"
        );
    }
}
