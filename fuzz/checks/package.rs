//! Packages: none is opened that lies, and what was not touched is saved as it was.

use std::io::{Cursor, Read};

use vivant_document::{FileKind, Limits, PackageFile, inspect, without_extract};

fn limits() -> Limits {
    Limits {
        document_bytes: 1 << 20,
        archive_bytes: 4 << 20,
        archive_entries: 64,
        ratio_free_bytes: 1 << 20,
        ..Limits::default()
    }
}

/// Checks what holds for any bytes.
pub fn check(data: &[u8]) {
    let limits = limits();
    for kind in [FileKind::Twbx, FileKind::Tdsx, FileKind::Tflx] {
        let _ = inspect(kind, Cursor::new(data), &limits);
    }
    let mut stripped = Cursor::new(Vec::new());
    let _ = without_extract(Cursor::new(data), &mut stripped, &limits);

    let open = |bytes| PackageFile::open(Cursor::new(bytes), &limits);
    let Ok(mut package) = open(data) else { return };
    let names: Vec<String> = package.entries().map(|entry| entry.name.clone()).collect();
    let mut contents = Vec::new();
    for name in &names {
        assert!(
            !name.starts_with('/') && !name.split('/').any(|step| step == ".."),
            "{name}"
        );
        let mut content = Vec::new();
        let read = package
            .read(name)
            .map_err(drop)
            .and_then(|mut entry| entry.read_to_end(&mut content).map_err(drop));
        contents.push(read.is_ok().then_some(content));
    }
    let Ok(untouched) = package.save(Cursor::new(Vec::new())) else {
        return;
    };
    assert_eq!(untouched.into_inner(), data);

    let mut package = open(data).expect("it opened before");
    package.set_document(b"<workbook/>".to_vec());
    let added = package.add("vivant.txt", b"added".to_vec()).is_ok();
    let document = package.document_name().to_owned();
    let Ok(edited) = package.save(Cursor::new(Vec::new())) else {
        return;
    };
    let edited = edited.into_inner();
    let mut after = open(&edited).expect("what was saved opens");
    assert_eq!(
        after.read_document().expect("the document was written"),
        b"<workbook/>"
    );
    assert_eq!(after.entries().count(), names.len() + usize::from(added));
    for (name, content) in names.iter().zip(contents) {
        // What could not be read before is copied as it lies.
        let Some(content) = content.filter(|_| *name != document) else {
            continue;
        };
        let mut again = Vec::new();
        after
            .read(name)
            .expect("it is still there")
            .read_to_end(&mut again)
            .expect("it can still be read");
        assert_eq!(again, content, "{name}");
    }
}
