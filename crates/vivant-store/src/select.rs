//! The SQL of a list: which rows, in which order, and how many there are.

use vivant_model::name;

use crate::db::{Conn, Value};
use crate::list::{Field, FieldKind, Filter, FilterValue, ListQuery, Op, SortKey};
use crate::sight::{Place, Remembered};
use crate::{Error, Result};

/// A list being put together: which rows of which tables.
pub(crate) struct Select {
    with: String,
    from: String,
    conditions: Vec<String>,
    joins: Vec<&'static str>,
    params: Vec<Value>,
    /// Whether a filter leaves few rows and has an index.
    is_narrow: bool,
    tally: Option<Tally>,
}

/// How many rows a list has while no filters are added. The SQL takes the parameters that were
/// bound so far, all of them.
pub(crate) struct Tally {
    /// Answers the number of rows, and of those that there were if the caller saw everything.
    pub(crate) total: String,
    /// Another way to the rows, where the caller may see few of many.
    pub(crate) gathering: Option<Gathering>,
    /// Where both numbers, and where pages begin, are kept while nothing changes.
    pub(crate) remembered: Option<Remembered>,
}

/// A way to the rows of a list whose cost grows with those rows alone: in the order of the list one
/// may go by any number of others before a page is full.
pub(crate) struct Gathering {
    /// The rows, instead of the table of the list; `{few}` stands after a query of the rows of a tally
    /// that count what the caller sees.
    pub(crate) from: String,
    /// What joins them, in place of all other conditions.
    pub(crate) condition: &'static str,
}

/// What gathering a row costs, in rows gone by.
const GATHER_COST: i64 = 4;

impl Select {
    /// Begins with a table.
    pub(crate) fn from(from: &str) -> Self {
        Self {
            with: String::new(),
            from: from.to_owned(),
            conditions: Vec::new(),
            joins: Vec::new(),
            params: Vec::new(),
            is_narrow: false,
            tally: None,
        }
    }

    /// Adds a parameter and answers its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("?{}", self.params.len())
    }

    /// Adds common table expressions, `WITH` included.
    pub(crate) fn with(&mut self, with: String) {
        self.with = with;
    }

    /// Adds a join, once.
    pub(crate) fn join(&mut self, join: &'static str) {
        if !self.joins.contains(&join) {
            self.joins.push(join);
        }
    }

    /// Adds a condition.
    pub(crate) fn and(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// Says how the rows are counted as long as there are no filters.
    pub(crate) fn tally(&mut self, tally: Tally) {
        self.tally = Some(tally);
    }

    /// The conditions so far, `WHERE` included.
    pub(crate) fn where_clause(&self) -> String {
        match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.conditions.join(" AND ")),
        }
    }

    /// Adds the filters and the order of a query and answers the ids on its page, with the number
    /// of rows on all pages. The default order begins with a number.
    pub(crate) async fn page(
        mut self,
        conn: &Conn,
        fields: &[Field],
        query: &ListQuery,
        id: &str,
        default_order: &str,
    ) -> Result<(Vec<String>, u64)> {
        for filter in &query.filters {
            let field = find(fields, &filter.field)?;
            let condition = self.condition(field, filter)?;
            self.and(condition);
        }
        // Sort keys may need joins that the count does not.
        let count = format!("{} SELECT COUNT(*) {}", self.with, self.rows());
        let count_params = self.params.clone();
        let order = self.order(fields, &query.sort, id, default_order)?;
        let (number, size) = (query.page.number.max(1), query.page.size.max(1));
        let skipped = i64::from(number - 1) * i64::from(size);
        let mut places = None;
        let known = match self.tally.take() {
            Some(tally) if query.filters.is_empty() => {
                let wanted = skipped.saturating_add(i64::from(size));
                // Places are kept of the usual order alone.
                let remembered = tally.remembered.clone().filter(|_| query.sort.is_empty());
                let (total, in_order) = self.settle(conn, tally, wanted).await?;
                places = remembered.filter(|_| in_order);
                Some(total)
            }
            _ => None,
        };
        let ids = match (known, places) {
            (Some(total), _) if total <= skipped => Vec::new(),
            (_, Some(places)) => self.walk(conn, &places, id, default_order, skipped, size).await?,
            _ => {
                let (limit, offset) = (self.bind(i64::from(size)), self.bind(skipped));
                let (with, rows) = (&self.with, self.rows());
                let sql = format!("{with} SELECT {id} {rows} ORDER BY {order} LIMIT {limit} OFFSET {offset}");
                texts_of(conn, &sql, &self.params).await?
            }
        };
        if ids.is_empty() && number > 1 {
            return Err(Error::PastLastPage);
        }
        // A page that is not full is the last one.
        let total = match (ids.len() < size as usize, known) {
            (true, _) => skipped + ids.len() as i64,
            (false, Some(total)) => total,
            (false, None) => conn.number(&count, &count_params).await?,
        };
        Ok((ids, total.max(0) as u64))
    }

    /// Answers how many rows there are, and chooses the cheaper way to those of a page: `wanted` are
    /// the rows up to its end. To gather a row and sort it costs several times what it costs to go by
    /// one, for which the index is enough, so the numbers of rows decide.
    /// The answer is the number, and whether they are gone through in order.
    async fn settle(&mut self, conn: &Conn, tally: Tally, wanted: i64) -> Result<(i64, bool)> {
        let known = tally.remembered.as_ref().and_then(Remembered::total);
        let (total, all) = match known {
            Some(known) => known,
            None => {
                let row = conn.row(&tally.total, &self.params).await?;
                let mut row =
                    row.ok_or_else(|| Error::Damaged("a query that sums gave no row".to_owned()))?;
                let found = (row.int()?, row.int()?);
                if let Some(place) = &tally.remembered {
                    place.keep_total(found);
                }
                found
            }
        };
        if let Some(gathering) = tally.gathering
            // In order about `wanted * all / total` rows are gone by, gathered all of the caller's.
            && total.saturating_mul(total).saturating_mul(GATHER_COST) < wanted.saturating_mul(all)
        {
            // PostgreSQL would take the places for many and read the whole table. A few more than
            // there are, since others may have come up in the meantime.
            let few = match conn.is_sqlite() {
                true => String::new(),
                false => format!(" LIMIT {}", self.bind(total.saturating_add(100))),
            };
            // SQLite takes the tables of a CROSS JOIN in the order in which they stand.
            self.from = gathering.from.replace("{few}", &few);
            self.conditions = vec![gathering.condition.to_owned()];
            return Ok((total, false));
        }
        Ok((total, true))
    }

    /// Answers the ids of a page in the usual order: from the nearest place before it that is known,
    /// so that somebody who reads page after page does not go through all before each of them.
    async fn walk(
        &mut self,
        conn: &Conn,
        places: &Remembered,
        id: &str,
        order: &str,
        skipped: i64,
        size: u32,
    ) -> Result<Vec<String>> {
        // Both begin with the time.
        let time = order.split(',').next().unwrap_or(order);
        let mut offset = skipped;
        if let Some(place) = places.place(skipped) {
            offset -= place.skipped;
            let (at, row) = (self.bind(place.at), self.bind(place.id));
            let comparison = if place.included { ">=" } else { ">" };
            self.and(format!("({order}) {comparison} ({at}, {row})"));
        }
        let (limit, offset) = (self.bind(i64::from(size)), self.bind(offset));
        let (with, rows) = (&self.with, self.rows());
        let sql = format!("{with} SELECT {id}, {time} {rows} ORDER BY {order} LIMIT {limit} OFFSET {offset}");
        let mut page: Vec<(String, i64)> = Vec::new();
        for mut row in conn.query(&sql, &self.params).await? {
            page.push((row.text()?, row.int()?));
        }
        let after = skipped + page.len() as i64;
        for (row, skipped, included) in [(page.first(), skipped, true), (page.last(), after, false)] {
            if let Some((id, at)) = row {
                places.keep_place(Place {
                    skipped,
                    at: *at,
                    id: id.clone(),
                    included,
                });
            }
        }
        Ok(page.into_iter().map(|(id, _)| id).collect())
    }

    /// Answers the ids of all rows.
    pub(crate) async fn all(self, conn: &Conn, id: &str, order: &str) -> Result<Vec<String>> {
        let sql = format!("{} SELECT {id} {} ORDER BY {order}", self.with, self.rows());
        texts_of(conn, &sql, &self.params).await
    }

    fn rows(&self) -> String {
        format!("FROM {}{}{}", self.from, self.joins.concat(), self.where_clause())
    }

    fn condition(&mut self, field: &Field, filter: &Filter) -> Result<String> {
        let bad = |reason: &str| Error::BadFilter {
            field: filter.field.clone(),
            reason: reason.to_owned(),
        };
        let is_range = matches!(filter.op, Op::Gt | Op::Gte | Op::Lt | Op::Lte);
        if is_range && matches!(field.kind, FieldKind::Text | FieldKind::Bool) {
            return Err(bad("the field has no order; use eq or in"));
        }
        if matches!(filter.op, Op::Has | Op::CiEq) && field.kind != FieldKind::Text {
            return Err(bad("the field is not text; use eq or in"));
        }
        if filter.op != Op::In && filter.values.len() != 1 {
            return Err(bad("one value is needed"));
        }
        let wrong = || bad(wanted(field.kind));
        let test = if field.kind == FieldKind::Text {
            let texts: Option<Vec<&str>> = filter.values.iter().map(text).collect();
            self.text_test(field, filter.op, &texts.ok_or_else(wrong)?)
        } else {
            let numbers: Option<Vec<i64>> = filter.values.iter().map(|v| number(field.kind, v)).collect();
            self.number_test(field.exact, filter.op, numbers.ok_or_else(wrong)?)
        };
        Ok(match field.rows {
            Some(rows) => {
                self.is_narrow |= filter.op != Op::Has;
                format!(
                    "{} IN (SELECT {} FROM {} WHERE {test})",
                    rows.item, rows.of, rows.table
                )
            }
            None => {
                field.joins.iter().for_each(|join| self.join(join));
                test
            }
        })
    }

    /// Compares text; through the key column where there is one, since that has the index.
    fn text_test(&mut self, field: &Field, op: Op, texts: &[&str]) -> String {
        let exact = field.exact;
        self.is_narrow |= field.key.is_some() && op != Op::Has;
        let folded = |text: &str| match field.key {
            Some(_) => name::key(text),
            // What the databases' own LOWER does, which knows ASCII alone.
            None => text.to_ascii_lowercase(),
        };
        let key = match field.key {
            Some(key) => key.to_owned(),
            None => format!("LOWER({exact})"),
        };
        match (op, texts) {
            (Op::Has, [text, ..]) => format!("{key} LIKE {} ESCAPE '\\'", self.bind(contains(&folded(text)))),
            (Op::CiEq, [text, ..]) => format!("{key} = {}", self.bind(folded(text))),
            (Op::In, texts) => {
                let values: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
                let mut test = format!("{exact} IN LIST({})", self.bind(values));
                if field.key.is_some() {
                    let keys: Vec<String> = texts.iter().map(|text| folded(text)).collect();
                    test = format!("({key} IN LIST({}) AND {test})", self.bind(keys));
                }
                test
            }
            (_, texts) => {
                let text = texts.first().copied().unwrap_or_default();
                let mut test = format!("{exact} = {}", self.bind(text));
                if field.key.is_some() {
                    test = format!("({key} = {} AND {test})", self.bind(folded(text)));
                }
                test
            }
        }
    }

    fn number_test(&mut self, exact: &str, op: Op, numbers: Vec<i64>) -> String {
        if op == Op::In {
            return format!("{exact} IN LIST({})", self.bind(Value::Ints(numbers)));
        }
        let comparison = match op {
            Op::Gt => ">",
            Op::Gte => ">=",
            Op::Lt => "<",
            Op::Lte => "<=",
            Op::Eq | Op::In | Op::Has | Op::CiEq => "=",
        };
        format!(
            "{exact} {comparison} {}",
            self.bind(numbers.first().copied().unwrap_or_default())
        )
    }

    fn order(&mut self, fields: &[Field], sort: &[SortKey], id: &str, default: &str) -> Result<String> {
        if sort.is_empty() {
            // An expression, so that the index of the order is not preferred to that of the filter:
            // going through all rows in order for the few that match takes a hundred times as long.
            let plus = if self.is_narrow { "+" } else { "" };
            return Ok(format!("{plus}{default}"));
        }
        let mut order = String::new();
        for key in sort {
            let field = find(fields, &key.field)?;
            let column = field.key.unwrap_or(field.exact);
            match field.rows {
                Some(rows) => {
                    let (table, of, item) = (rows.table, rows.of, rows.item);
                    order.push_str(&format!(
                        "(SELECT MIN({column}) FROM {table} WHERE {of} = {item})"
                    ));
                }
                None => {
                    field.joins.iter().for_each(|join| self.join(join));
                    order.push_str(column);
                }
            }
            // Where a value is missing the two databases sort differently by themselves.
            order.push_str(match (key.descending, field.nullable) {
                (false, false) => ", ",
                (false, true) => " NULLS FIRST, ",
                (true, false) => " DESC, ",
                (true, true) => " DESC NULLS LAST, ",
            });
        }
        Ok(order + id)
    }
}

async fn texts_of(conn: &Conn, sql: &str, params: &[Value]) -> Result<Vec<String>> {
    let rows = conn.query(sql, params).await?;
    rows.into_iter().map(|mut row| row.text()).collect()
}

fn find<'a>(fields: &'a [Field], name: &str) -> Result<&'a Field> {
    fields
        .iter()
        .find(|f| f.name == name)
        .ok_or_else(|| Error::UnknownField(name.to_owned()))
}

fn text(value: &FilterValue) -> Option<&str> {
    match value {
        FilterValue::Text(text) => Some(text),
        FilterValue::Int(_) | FilterValue::Bool(_) | FilterValue::Time(_) => None,
    }
}

fn number(kind: FieldKind, value: &FilterValue) -> Option<i64> {
    match (kind, value) {
        (FieldKind::Int, FilterValue::Int(n)) | (FieldKind::Time, FilterValue::Time(n)) => Some(*n),
        (FieldKind::Int, FilterValue::Text(text)) => text.parse().ok(),
        (FieldKind::Bool, FilterValue::Bool(b)) => Some(i64::from(*b)),
        (FieldKind::Bool, FilterValue::Text(text)) => {
            text.to_ascii_lowercase().parse::<bool>().ok().map(i64::from)
        }
        _ => None,
    }
}

fn wanted(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text is needed",
        FieldKind::Int => "a whole number is needed",
        FieldKind::Bool => "true or false is needed",
        FieldKind::Time => "a time such as 2024-01-31T08:00:00Z is needed",
    }
}

/// A pattern of LIKE for texts that contain the value.
fn contains(value: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in value.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}
