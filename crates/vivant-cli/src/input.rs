//! What commands read: a file, or standard input.

use std::io::Read;
use std::path::Path;

use crate::exit::UsageError;

/// No text that is read whole is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Reads a text; `-` is stdin.
pub fn text(path: &Path) -> Result<String, UsageError> {
    let unreadable = |why: String| UsageError(format!("{} cannot be read: {why}", path.display()));
    let mut text = String::new();
    let mut from: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path).map_err(|e| unreadable(e.to_string()))?),
    };
    let read = from.as_mut().take(LONGEST + 1).read_to_string(&mut text);
    match read {
        Err(error) => Err(unreadable(error.to_string())),
        Ok(read) if read as u64 > LONGEST => Err(unreadable(format!("it is longer than {LONGEST} bytes"))),
        Ok(_) => Ok(text),
    }
}

/// Reads a document of JSON; `-` is stdin.
pub fn json(path: &Path) -> Result<serde_json::Value, UsageError> {
    serde_json::from_str(&text(path)?)
        .map_err(|error| UsageError(format!("{} is no JSON: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "{\"a\": [1]}").expect("written");
        assert_eq!(json(file.path()).expect("JSON")["a"][0], 1);
        std::fs::write(file.path(), "{").expect("written");
        for (path, why) in [
            (file.path(), "no JSON"),
            (Path::new("/nonexistent/a"), "cannot be read"),
        ] {
            let error = json(path).expect_err(why).to_string();
            assert!(
                error.contains(why) && error.contains(&path.display().to_string()),
                "{error}"
            );
        }
    }
}
