//! Where the data of a worksheet is: in its package or elsewhere.

use std::fs::File;
use std::io::Read;

use vivant_document::PackageFile;
use vivant_document::spec::{SheetSpec, SourceSpec};

use crate::answer::Book;

/// What the file of an extract begins with that Tableau wrote before Hyper.
const OLD_EXTRACT: &[u8] = b"\x20\x02\x01\x62\xa0\x1e\xab\x07";

/// Where data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// All of it is in the package.
    Inside,
    /// It is in the package, in an extract of the format before Hyper.
    OldExtract,
    /// Some of it is in files elsewhere, in databases, or published.
    Outside,
}

impl Kept {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kept::Inside => "inside",
            Kept::OldExtract => "old-extract",
            Kept::Outside => "outside",
        }
    }
}

impl Book {
    /// Tells where the data of a worksheet is, all its sources together; `package` is the file of the book, if it is
    /// a package.
    pub fn kept(&self, sheet: &SheetSpec, mut package: Option<&mut PackageFile<'_, File>>) -> Kept {
        let sources = sheet.sources.iter().filter_map(|name| self.spec.source(name));
        sources
            .map(|source| of_source(source, package.as_deref_mut()))
            .max()
            .unwrap_or(Kept::Inside)
    }
}

fn of_source(source: &SourceSpec, package: Option<&mut PackageFile<'_, File>>) -> Kept {
    let Some(package) = package else {
        return Kept::Outside;
    };
    if let Some(extract) = source.extract.as_ref().filter(|extract| extract.enabled) {
        return member(extract.path.as_deref(), package);
    }
    let mut paths = source
        .connections
        .iter()
        .map(|connection| connection.path.as_deref());
    let Some(first) = paths.next() else {
        return Kept::Outside;
    };
    paths.fold(member(first, package), |kept, path| {
        kept.max(member(path, package))
    })
}

/// Tells what a path means inside the package.
fn member(path: Option<&str>, package: &mut PackageFile<'_, File>) -> Kept {
    let Some(name) = path.and_then(|path| package.find(path)) else {
        return Kept::Outside;
    };
    let mut start = Vec::new();
    let read = package
        .read(&name)
        .map(|member| member.take(8).read_to_end(&mut start));
    match read {
        Ok(_) if start == OLD_EXTRACT => Kept::OldExtract,
        Ok(_) | Err(_) => Kept::Inside,
    }
}
