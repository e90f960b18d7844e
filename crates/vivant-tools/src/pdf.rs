//! PDF documents joined to one, with bookmarks. What is on the pages stays as it is.

use std::io::Write;

use lopdf::{Bookmark, Dictionary, Document, Object, ObjectId, dictionary};

use crate::error::{Error, Result};

/// How large the documents may be together: all of them are held in memory.
const MOST_BYTES: usize = 1 << 30;
/// What pages may have from the nodes above them.
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];
/// Trees of pages are no deeper; a node that lies in itself comes to an end.
const DEEPEST: usize = 64;

/// A document that others are added to.
#[derive(Debug)]
pub struct Joined {
    document: Document,
    tree: ObjectId,
    pages: Vec<Object>,
    /// The bookmarks that the last document went below, from the outermost.
    trail: Vec<(String, u32)>,
    bytes: usize,
}

impl Default for Joined {
    fn default() -> Self {
        let mut document = Document::with_version("1.4");
        let tree = document.new_object_id();
        Self {
            document,
            tree,
            pages: Vec::new(),
            trail: Vec::new(),
            bytes: 0,
        }
    }
}

impl Joined {
    /// How many pages there are.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Adds the pages of a document, and a bookmark to the first of them.
    ///
    /// `trail` are the titles of the bookmark and, before it, of those above; what it has in common with the trail of
    /// the document before is not repeated. Nothing is added of a document that cannot be read.
    pub fn add(&mut self, trail: &[&str], bytes: &[u8]) -> Result<()> {
        let bad = |why: &dyn std::fmt::Display| {
            Error::answer(format!(
                "what was exported as {} is no PDF: {why}",
                trail.join(", ")
            ))
        };
        if self.bytes.saturating_add(bytes.len()) > MOST_BYTES {
            return Err(Error::input(format!(
                "the documents are larger than {} MB together; keep them as several files",
                MOST_BYTES >> 20
            )));
        }
        let mut part = Document::load_mem(bytes).map_err(|error| bad(&error))?;
        if part.is_encrypted() || part.was_encrypted() {
            return Err(Error::answer(format!(
                "what was exported as {} is an encrypted PDF, which cannot be joined",
                trail.join(", ")
            )));
        }
        let first = self.document.max_id.checked_add(1);
        part.renumber_objects_with(first.ok_or_else(|| bad(&"there are too many objects"))?);
        let pages: Vec<ObjectId> = part.page_iter().collect();
        let Some(opening) = pages.first().copied() else {
            return Err(bad(&"it has no pages"));
        };
        for page in &pages {
            let mut inherited = Dictionary::new();
            for name in INHERITED {
                if let Some(value) = above(&part, *page, name) {
                    inherited.set(name, value);
                }
            }
            let own = part.get_dictionary_mut(*page).map_err(|error| bad(&error))?;
            for (name, value) in &inherited {
                own.set(name.clone(), value.clone());
            }
            own.set("Parent", self.tree);
        }
        self.pages.extend(pages.into_iter().map(Object::Reference));
        self.document.max_id = self.document.max_id.max(part.max_id);
        self.document.objects.append(&mut part.objects);
        if part.version > self.document.version {
            self.document.version = part.version;
        }
        self.bytes += bytes.len();
        self.mark(trail, opening);
        Ok(())
    }

    fn mark(&mut self, trail: &[&str], page: ObjectId) {
        let above = trail.len().saturating_sub(1);
        let same = self
            .trail
            .iter()
            .zip(&trail[..above])
            .take_while(|((known, _), title)| known == *title)
            .count();
        self.trail.truncate(same);
        for title in &trail[same..] {
            let parent = self.trail.last().map(|(_, id)| *id);
            let bookmark = Bookmark::new((*title).to_owned(), [0.0; 3], 0, page);
            let id = self.document.add_bookmark(bookmark, parent);
            self.trail.push(((*title).to_owned(), id));
        }
    }

    /// Writes the document. One without pages is refused, since it could not be opened.
    pub fn save(mut self, out: &mut impl Write) -> Result<()> {
        if self.pages.is_empty() {
            return Err(Error::answer("there is no page to write"));
        }
        let count = i64::try_from(self.pages.len()).unwrap_or(i64::MAX);
        let tree = dictionary! { "Type" => "Pages", "Count" => count, "Kids" => self.pages };
        self.document.objects.insert(self.tree, tree.into());
        let mut catalog = dictionary! { "Type" => "Catalog", "Pages" => self.tree };
        if let Some(outline) = self.document.build_outline() {
            catalog.set("Outlines", outline);
            catalog.set("PageMode", "UseOutlines");
        }
        let catalog = self.document.add_object(catalog);
        let info = self
            .document
            .add_object(dictionary! { "Producer" => Object::string_literal("Vivant") });
        self.document.trailer.set("Root", catalog);
        self.document.trailer.set("Info", info);
        // Catalogs, trees of pages and bookmarks of the parts are left over.
        self.document.prune_objects();
        self.document.save_to(out).map_err(|source| Error::File {
            what: "the PDF cannot be written".to_owned(),
            source,
        })
    }
}

/// What a page has of a name: its own, or that of the nearest node above.
fn above(document: &Document, page: ObjectId, name: &[u8]) -> Option<Object> {
    let mut at = page;
    for _ in 0..DEEPEST {
        let node = document.get_dictionary(at).ok()?;
        if let Ok(value) = node.get(name) {
            return Some(value.clone());
        }
        at = node.get(b"Parent").ok()?.as_reference().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use lopdf::{Outline, Stream};

    use super::*;

    /// A document with a page for each text; resources and size stand above the pages.
    fn pdf(texts: &[&str]) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" };
        let font = document.add_object(font);
        let kids: Vec<Object> = texts
            .iter()
            .map(|text| {
                let code = format!("BT /F1 12 Tf 20 20 Td ({text}) Tj ET").into_bytes();
                let contents = document.add_object(Stream::new(Dictionary::new(), code));
                let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => contents };
                document.add_object(page).into()
            })
            .collect();
        let count = i64::try_from(kids.len()).expect("few");
        let node = dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count,
            "MediaBox" => vec![0.into(), 0.into(), 200.into(), 100.into()],
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        };
        document.objects.insert(tree, node.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("written");
        bytes
    }

    fn titles(outlines: &[Outline]) -> Vec<String> {
        let mut found = Vec::new();
        for outline in outlines {
            match outline {
                Outline::Destination(to) => {
                    found.push(lopdf::decode_text_string(to.title().expect("a title")).expect("text"));
                }
                Outline::SubOutlines(below) => {
                    found.extend(titles(below).into_iter().map(|title| format!("> {title}")));
                }
            }
        }
        found
    }

    #[test]
    fn pages_stand_in_the_order_in_which_they_came_with_bookmarks() {
        let mut joined = Joined::default();
        joined
            .add(&["Map", "North"], &pdf(&["one", "two"]))
            .expect("joined");
        joined
            .add(&["Map", "Süd 数据"], &pdf(&["three"]))
            .expect("joined");
        joined.add(&["List", "North"], &pdf(&["four"])).expect("joined");
        assert_eq!(joined.pages(), 4);
        let mut bytes = Vec::new();
        joined.save(&mut bytes).expect("written");

        let found = Document::load_mem(&bytes).expect("a PDF");
        assert_eq!(found.version, "1.5");
        let texts: Vec<String> = (1..=4)
            .map(|page| found.extract_text(&[page]).expect("text").trim().to_owned())
            .collect();
        assert_eq!(texts, ["one", "two", "three", "four"]);
        for page in found.page_iter() {
            let page = found.get_dictionary(page).expect("a page");
            assert!(page.has(b"MediaBox") && page.has(b"Resources"));
        }
        let named = &mut Default::default();
        let outlines = found
            .get_outlines(None, None, named)
            .expect("read")
            .expect("outlines");
        assert_eq!(
            titles(&outlines),
            ["Map", "> North", "> Süd 数据", "List", "> North"]
        );
        let catalogs = found
            .objects
            .values()
            .filter(|object| object.type_name().is_ok_and(|name| name == b"Catalog"));
        assert_eq!(catalogs.count(), 1, "nothing is left over");
    }

    #[test]
    fn what_is_no_document_is_refused_and_changes_nothing() {
        let mut joined = Joined::default();
        let cut = pdf(&["one"]);
        for bytes in [&b""[..], b"<html>", b"%PDF-1.7\n", &cut[..40], &pdf(&[])] {
            let error = joined.add(&["Map"], bytes).expect_err("refused").to_string();
            assert!(error.contains("Map"), "{error}");
        }
        assert_eq!(joined.pages(), 0);
        assert!(joined.save(&mut Vec::new()).is_err());
    }
}
