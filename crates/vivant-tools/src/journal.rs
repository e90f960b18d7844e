//! A journal of content that was moved: one line each before and after, so that work that was killed goes on where
//! it ended.
//!
//! The target says what is there; only that what is there is whole, and of which state of the source, it cannot
//! say. A line is appended in one write and is on the disk before the work goes on; half a line at the end, from a
//! power cut, is dropped.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Which pair of sites a journal is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Server and id of the site that is read.
    pub from: String,
    /// Server and id of the site that is written.
    pub to: String,
}

/// What a journal says of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Its move began and did not end.
    Begun,
    /// It was moved.
    Moved {
        /// When the source was last changed before, as the source said.
        stamp: String,
        /// Its id on the target.
        id: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
enum Written {
    Journal {
        version: u32,
        pair: Pair,
    },
    Begin {
        kind: String,
        item: String,
    },
    Done {
        kind: String,
        item: String,
        stamp: String,
        id: String,
    },
}

/// A journal on the disk.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    entries: HashMap<(String, String), Entry>,
}

impl Journal {
    /// Opens the journal of a pair of sites, or begins it.
    pub fn open(path: &Path, pair: &Pair) -> Result<Self> {
        let unreadable = |error| Error::file(path, "read", error);
        let unwritable = |error| Error::file(path, "written", error);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(unwritable)?;
        file.try_lock().map_err(|_| {
            Error::input(format!(
                "{} is in use: another replication works with it",
                path.display()
            ))
        })?;
        let mut entries = HashMap::new();
        let mut whole = 0;
        let mut reader = BufReader::new(&mut file);
        let mut line = String::new();
        let mut number = 0;
        loop {
            line.clear();
            let read = reader.read_line(&mut line).map_err(unreadable)?;
            if read == 0 || !line.ends_with('\n') {
                break;
            }
            number += 1;
            let written: Written = serde_json::from_str(&line).map_err(|error| {
                Error::input(format!(
                    "{} is no journal: line {number}: {error}",
                    path.display()
                ))
            })?;
            match written {
                Written::Journal {
                    version: 1,
                    pair: found,
                } if found == *pair => {}
                Written::Journal {
                    version: 1,
                    pair: found,
                } => {
                    return Err(Error::input(format!(
                        "{} is the journal of another replication, from {} to {}; give another file",
                        path.display(),
                        found.from,
                        found.to
                    )));
                }
                Written::Journal { version, .. } => {
                    return Err(Error::input(format!(
                        "{} has the form {version}, which this program does not know",
                        path.display()
                    )));
                }
                _ if number == 1 => {
                    return Err(Error::input(format!(
                        "{} is no journal: it has no first line",
                        path.display()
                    )));
                }
                Written::Begin { kind, item } => {
                    entries.insert((kind, item), Entry::Begun);
                }
                Written::Done {
                    kind,
                    item,
                    stamp,
                    id,
                } => {
                    entries.insert((kind, item), Entry::Moved { stamp, id });
                }
            }
            whole += read as u64;
        }
        drop(reader);
        if file.seek(SeekFrom::End(0)).map_err(unreadable)? > whole {
            file.set_len(whole).map_err(unwritable)?;
        }
        let journal = Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            entries,
        };
        if whole == 0 {
            journal.write(&Written::Journal {
                version: 1,
                pair: pair.clone(),
            })?;
        }
        Ok(journal)
    }

    /// What the journal said of an item when it was opened.
    pub fn entry(&self, kind: &str, item: &str) -> Option<&Entry> {
        self.entries.get(&(kind.to_owned(), item.to_owned()))
    }

    /// Notes that an item's move begins.
    pub fn begin(&self, kind: &str, item: &str) -> Result<()> {
        self.write(&Written::Begin {
            kind: kind.to_owned(),
            item: item.to_owned(),
        })
    }

    /// Notes that an item was moved.
    pub fn done(&self, kind: &str, item: &str, stamp: &str, id: &str) -> Result<()> {
        self.write(&Written::Done {
            kind: kind.to_owned(),
            item: item.to_owned(),
            stamp: stamp.to_owned(),
            id: id.to_owned(),
        })
    }

    fn write(&self, written: &Written) -> Result<()> {
        let mut line = serde_json::to_vec(written).expect("names and texts can be written as JSON");
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)
            .and_then(|()| file.sync_data())
            .map_err(|error| Error::file(&self.path, "written", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(to: &str) -> Pair {
        Pair {
            from: "http://a#1".to_owned(),
            to: to.to_owned(),
        }
    }

    #[test]
    fn a_journal_remembers_and_drops_half_a_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("j");
        {
            let journal = Journal::open(&path, &pair("b")).expect("new");
            journal.begin("workbook", "1").expect("written");
            journal.begin("workbook", "2").expect("written");
            journal.done("workbook", "1", "2020", "x").expect("written");
            assert!(Journal::open(&path, &pair("b")).is_err(), "two at once");
        }
        let mut text = std::fs::read_to_string(&path).expect("read");
        text.push_str("{\"line\":\"done\",\"ki");
        std::fs::write(&path, text).expect("torn");
        let journal = Journal::open(&path, &pair("b")).expect("again");
        let moved = Entry::Moved {
            stamp: "2020".to_owned(),
            id: "x".to_owned(),
        };
        assert_eq!(journal.entry("workbook", "1"), Some(&moved));
        assert_eq!(journal.entry("workbook", "2"), Some(&Entry::Begun));
        assert_eq!(journal.entry("datasource", "1"), None);
        journal.done("workbook", "2", "2021", "y").expect("written");
        drop(journal);
        let journal = Journal::open(&path, &pair("b")).expect("whole");
        assert!(matches!(
            journal.entry("workbook", "2"),
            Some(Entry::Moved { .. })
        ));
    }

    #[test]
    fn another_pair_or_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("j");
        drop(Journal::open(&path, &pair("b")).expect("new"));
        let error = Journal::open(&path, &pair("c")).expect_err("another").to_string();
        assert!(error.contains("another replication"), "{error}");
        std::fs::write(&path, "name,site role\n").expect("written");
        assert!(Journal::open(&path, &pair("b")).is_err());
    }
}
