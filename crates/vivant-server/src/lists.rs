//! Lists: from the query string to the store's question, and back to a page of an answer.

use http::StatusCode;
use vivant_store::{Error, Field, FieldKind, Filter, FilterValue, ListQuery, Op, Page, PageRequest, SortKey};
use vivant_wire::out::Write1;
use vivant_wire::query::{self, FieldType, FilterField, Operator, Paging};
use vivant_wire::types::Pagination;

use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Reads paging, filter and sort of a list with the given fields.
pub fn list_query(call: &Call, fields: &[Field]) -> Result<(ListQuery, Paging)> {
    let paging = call.query.paging()?;
    let table: Vec<FilterField> = fields
        .iter()
        .map(|f| FilterField {
            name: f.name,
            kind: field_type(f.kind),
        })
        .collect();
    let mut query = ListQuery {
        page: page_request(paging),
        ..ListQuery::default()
    };
    if let Some(expression) = call.query.get("filter") {
        query.filters = query::parse_filter(expression, &table)?
            .into_iter()
            .map(filter)
            .collect();
    }
    if let Some(expression) = call.query.get("sort") {
        let keys = query::parse_sort(expression, &table)?;
        query.sort = keys
            .into_iter()
            .map(|k| SortKey {
                field: k.field.to_owned(),
                descending: k.descending,
            })
            .collect();
    }
    Ok((query, paging))
}

/// The page that the store is asked for.
pub fn page_request(paging: Paging) -> PageRequest {
    PageRequest {
        number: paging.number,
        size: paging.size,
    }
}

/// Cuts a page out of a list that is read whole, because it is short.
pub fn cut<T>(items: Vec<T>, paging: Paging) -> Result<Page<T>> {
    let total = items.len();
    let size = paging.size as usize;
    let skipped = (paging.number as usize - 1).saturating_mul(size);
    if skipped > 0 && skipped >= total {
        return Err(Error::PastLastPage.into());
    }
    Ok(Page {
        items: items.into_iter().skip(skipped).take(size).collect(),
        total: total as u64,
    })
}

/// Answers a page: `pagination`, then the collection.
pub fn page_reply<T, W: Write1>(
    call: &Call,
    paging: Paging,
    page: Page<T>,
    collection: &str,
    item: &str,
    view: impl Fn(T) -> W,
) -> Reply {
    let pagination = pagination(paging, page.total);
    let items: Vec<W> = page.items.into_iter().map(view).collect();
    call.answer(StatusCode::OK, |out| {
        out.child("pagination", &pagination);
        out.element(collection, |out| out.children(item, &items));
    })
}

/// `pagination` of a page.
pub fn pagination(paging: Paging, total: u64) -> Pagination {
    Pagination {
        page_number: Some(paging.number),
        page_size: Some(paging.size),
        total_available: Some(total),
    }
}

fn field_type(kind: FieldKind) -> FieldType {
    match kind {
        FieldKind::Text => FieldType::Text,
        FieldKind::Int => FieldType::Int,
        FieldKind::Bool => FieldType::Bool,
        FieldKind::Time => FieldType::Time,
    }
}

fn filter(filter: query::Filter) -> Filter {
    let op = match filter.operator {
        Operator::Eq => Op::Eq,
        Operator::In => Op::In,
        Operator::Gt => Op::Gt,
        Operator::Gte => Op::Gte,
        Operator::Lt => Op::Lt,
        Operator::Lte => Op::Lte,
        Operator::Has => Op::Has,
        Operator::CiEq => Op::CiEq,
    };
    let values = filter.values.into_iter().map(|value| match value {
        query::FilterValue::Text(text) => FilterValue::Text(text),
        query::FilterValue::Int(n) => FilterValue::Int(n),
        query::FilterValue::Bool(b) => FilterValue::Bool(b),
        query::FilterValue::Time(t) => FilterValue::Time(t.0),
    });
    Filter {
        field: filter.field.to_owned(),
        op,
        values: values.collect(),
    }
}
