//! The catalog: databases, tables and columns.

use vivant_model::{ColumnId, DatabaseId, TableId};
use vivant_wire::paths::Method;
use vivant_wire::types::{Column, Database, Table, Tables as TableList};

use crate::call::Call;
use crate::error::Result;
use crate::list::{List, ListOptions};

super::group! {
    /// Databases, and files of data, that content gets data from (API 3.5).
    Databases, databases
}

super::group! {
    /// Tables of databases (API 3.5).
    Tables, tables
}

impl Databases {
    /// Lists the databases.
    pub fn list(&self, options: ListOptions) -> List<Database> {
        List::new(self.site.clone(), self.site.path("/databases"), options, &[])
    }

    /// Gets one database.
    pub async fn get(&self, id: DatabaseId) -> Result<Database> {
        self.site.get(self.path(id, ""), "database").await
    }

    /// Changes a database: whatever is set in `changes` and can be changed (description, certification,
    /// contact, who sets the rules of its tables).
    pub async fn update(&self, id: DatabaseId, changes: &Database) -> Result<Database> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("database", changes));
        self.site.ask(&call, "database").await
    }

    /// Removes a database from the catalog; its tables go, too.
    pub async fn delete(&self, id: DatabaseId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// The tables of a database.
    ///
    /// Not every server has this method, which the reference does not describe; a query of the metadata
    /// does the same.
    pub async fn tables(&self, id: DatabaseId) -> Result<Vec<Table>> {
        let found: TableList = self.site.get(self.path(id, "/tables"), "tables").await?;
        Ok(found.table)
    }

    pub(super) fn path(&self, id: DatabaseId, rest: &str) -> String {
        self.site.path(&format!("/databases/{id}{rest}"))
    }
}

impl Tables {
    /// Lists the tables.
    pub fn list(&self, options: ListOptions) -> List<Table> {
        List::new(self.site.clone(), self.site.path("/tables"), options, &[])
    }

    /// Gets one table.
    pub async fn get(&self, id: TableId) -> Result<Table> {
        self.site.get(self.path(id, ""), "table").await
    }

    /// Changes a table: whatever is set in `changes` and can be changed (description, certification,
    /// contact).
    pub async fn update(&self, id: TableId, changes: &Table) -> Result<Table> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("table", changes));
        self.site.ask(&call, "table").await
    }

    /// Removes a table from the catalog.
    pub async fn delete(&self, id: TableId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// Lists the columns of a table.
    pub fn columns(&self, id: TableId, options: ListOptions) -> List<Column> {
        List::new(self.site.clone(), self.path(id, "/columns"), options, &[])
    }

    /// Changes a column's description.
    pub async fn update_column(&self, id: TableId, column: ColumnId, changes: &Column) -> Result<Column> {
        let call = Call::new(Method::Put, self.path(id, &format!("/columns/{column}")))
            .body(|out| out.child("column", changes));
        self.site.ask(&call, "column").await
    }

    /// Removes a column from the catalog.
    pub async fn delete_column(&self, id: TableId, column: ColumnId) -> Result<()> {
        let path = self.path(id, &format!("/columns/{column}"));
        self.site.delete(path).await
    }

    pub(super) fn path(&self, id: TableId, rest: &str) -> String {
        self.site.path(&format!("/tables/{id}{rest}"))
    }
}
