//! Formulas through the whole engine: on a worksheet of a workbook, over a table, with expected values as data.

mod shared_cases;
mod sheet;
mod suite;
