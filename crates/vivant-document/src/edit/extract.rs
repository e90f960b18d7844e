//! Extracts of several tables, and extracts taken out again. Adding one is in [`super::source`].

use crate::error::{Error, Result, shorten};
use crate::names::quote;
use crate::tree::{Element, NodeId, Where};
use crate::view::Document;

/// The schema that tables of extracts are in.
const SCHEMA: &str = "Extract";

impl Document {
    /// Lets the extract of a data source hold a table of its own for each of these tables of the model: the
    /// model's id, and the name in the file.
    pub fn set_extract_tables(&mut self, datasource: &str, tables: &[(String, String)]) -> Result<()> {
        let source = self.source_node(datasource)?;
        let Some(connection) = self.tree.find(source, &["extract", "connection"]) else {
            return Err(Error::edit(format!(
                "data source `{}` has no extract",
                shorten(&self.source_at(source).label())
            )));
        };
        let relation = |id: &str, name: &str| {
            Element::new("relation")
                .with("name", id)
                .with("table", format!("{}.{}", quote(SCHEMA), quote(name)))
                .with("type", "table")
        };
        let relations = tables.iter().map(|(id, name)| relation(id, name));
        let collection = Element::new("relation")
            .with("type", "collection")
            .children(relations);
        match self.tree.child(connection, "relation") {
            Some(single) => {
                self.tree.insert(Where::Before(single), &collection)?;
                self.tree.remove(single)?;
            }
            None => {
                self.tree.insert(Where::First(connection), &collection)?;
            }
        }
        for (id, name) in tables {
            for object in self.objects_with(source, id) {
                let properties = Element::new("properties")
                    .with("context", "extract")
                    .child(relation(id, name));
                self.tree.insert(Where::Last(object), &properties)?;
            }
        }
        Ok(())
    }

    /// Takes the extracts of a data source out, and returns the paths of their files.
    pub fn remove_extracts(&mut self, datasource: &str) -> Result<Vec<String>> {
        let source = self.source_node(datasource)?;
        let view = self.source_at(source);
        let paths = view.extracts().into_iter().filter_map(|extract| extract.path());
        let paths: Vec<String> = paths.collect();
        let mut gone: Vec<NodeId> = self.tree.all_named(source, "extract").collect();
        if gone.is_empty() {
            return Err(Error::edit(format!(
                "data source `{}` has no extract",
                shorten(&view.label())
            )));
        }
        let objects = self.objects(source);
        for object in objects {
            let of_extract = |&node: &NodeId| self.tree.has(node, "context", "extract");
            gone.extend(self.tree.all_named(object, "properties").filter(of_extract));
        }
        for node in gone {
            self.tree.remove(node)?;
        }
        Ok(paths)
    }

    /// The tables of the model, on every branch.
    fn objects(&self, source: NodeId) -> Vec<NodeId> {
        let below = |nodes: Vec<NodeId>, name: &str| -> Vec<NodeId> {
            let below = nodes.into_iter().map(|node| self.tree.all_named(node, name));
            below.flat_map(Iterator::collect::<Vec<_>>).collect()
        };
        ["object-graph", "objects", "object"]
            .into_iter()
            .fold(vec![source], below)
    }

    fn objects_with(&self, source: NodeId, id: &str) -> Vec<NodeId> {
        let mut objects = self.objects(source);
        objects.retain(|&object| self.tree.has(object, "id", id));
        objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::NewExtract;
    use crate::limits::Limits;

    const TWO: &str = "<datasource formatted-name='a' version='18.1'><connection class='federated'>\
         <named-connections><named-connection name='p'><connection class='postgres' server='db' /></named-connection>\
         </named-connections></connection><object-graph><objects>\
         <object id='o_1'><properties context=''><relation connection='p' name='o' table='[s].[o]' type='table' /></properties></object>\
         <object id='p_1'><properties context=''><relation connection='p' name='p' table='[s].[p]' type='table' /></properties></object>\
         </objects></object-graph></datasource>";

    #[test]
    fn an_extract_of_two_tables_comes_and_goes_without_a_trace() {
        let mut document = Document::parse(TWO, &Limits::default()).unwrap();
        let new = NewExtract {
            file: "a".to_owned(),
            increment_key: None,
        };
        let path = document.add_extract("a", &new).unwrap();
        let tables = ["o_1", "p_1"].map(|id| (id.to_owned(), id.to_owned()));
        document.set_extract_tables("a", &tables).unwrap();
        let source = crate::spec::workbook(&document).value.sources.remove(0);
        let found: Vec<_> = source
            .objects
            .iter()
            .map(|object| object.extract_table.clone())
            .collect();
        let table = |name: &str| Some(vec!["Extract".to_owned(), name.to_owned()]);
        assert_eq!(found, [table("o_1"), table("p_1")]);
        assert!(source.uses_extract());

        assert_eq!(document.remove_extracts("a").unwrap(), [path]);
        let left = Document::parse(document.to_bytes(), &Limits::default()).unwrap();
        assert_eq!(String::from_utf8(left.to_bytes()).unwrap(), TWO);
        let error = document.remove_extracts("a").unwrap_err().to_string();
        assert!(error.contains("has no extract"), "{error}");
    }

    #[test]
    fn a_data_source_without_an_extract_has_no_tables_in_one() {
        let mut document = Document::parse(TWO, &Limits::default()).unwrap();
        assert!(document.set_extract_tables("a", &[]).is_err());
    }
}
