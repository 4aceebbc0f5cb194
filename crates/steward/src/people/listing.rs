//! Lists of people: filters put together with their parameters, prefixes of names, keysets.

use db::{FromRow, ToParam, Value};

use crate::error::Result;
use crate::input::fold;
use crate::paging::{Cursor, Paging, REACH, Total};
use crate::work::Work;

/// The conditions of a list and what is bound in them.
pub struct Filter {
    conditions: String,
    params: Vec<Value>,
}

impl Filter {
    /// Starts with a condition that always holds.
    pub fn new(condition: &str) -> Filter {
        Filter { conditions: condition.to_owned(), params: Vec::new() }
    }

    /// Binds a value; answers the placeholder that stands for it.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    pub fn and(&mut self, condition: &str) {
        self.conditions.push_str(" and ");
        self.conditions.push_str(condition);
    }

    /// `column = value`, where a value is given.
    pub fn equal(&mut self, column: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let value = self.bind(value);
            self.and(&format!("{column} = {value}"));
        }
    }

    /// The rows of `table` with `key` whose name, or whose column of those named, begins with the words searched for; or
    /// a later word of whose name does, as surnames do. The columns hold folded texts in the order of their bytes, and each
    /// has an index over active rows. Later words are looked for among all names of one index: 100,000 in some 10 ms.
    pub fn prefix(&mut self, table: &str, key: &str, columns: &[&str], search: Option<&str>) {
        let prefix = fold(search.unwrap_or("").trim());
        if prefix.is_empty() {
            return;
        }
        // A range, because both engines answer it from an index. Nothing that anybody writes sorts after U+10FFFF.
        let end = format!("{prefix}\u{10FFFF}");
        let later = format!("% {}%", prefix.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_"));
        let (from, to, later) = (self.bind(prefix), self.bind(end), self.bind(later));
        // SQLite reads the whole table for an `or` under an `order by`; of a union each part is read from its index.
        let found = |condition: String| format!("select {key} from {table} where is_active and {condition}");
        let mut parts: Vec<String> = columns
            .iter()
            .map(|column| found(format!("{column} is not null and {column} >= {from} and {column} < {to}")))
            .collect();
        parts.push(found(format!(r"name_key like {later} escape '\'")));
        self.and(&format!("{key} in ({})", parts.join(" union ")));
    }

    /// How many rows there are. Counting stops at 10,000 unless the exact number is asked for.
    pub fn total(&self, work: &mut Work, from: &str, exact: bool) -> Result<Total> {
        let conditions = &self.conditions;
        let sql = if exact {
            format!("select count(*) from {from} where {conditions}")
        } else {
            format!(
                "select count(*) from (select 1 as one from {from} where {conditions} limit {}) as counted",
                REACH + 1
            )
        };
        let (rows,): (i64,) = work.one(&sql, &self.params())?;
        Ok(if exact || rows <= REACH { Total::exact(rows) } else { Total { rows: REACH, is_exact: false } })
    }

    /// One page and a row more, so that `Paging::answer` can tell whether the list goes on. `select` ends with its
    /// `from`, `order` is the whole `order by`.
    pub fn page<T: FromRow>(
        mut self,
        work: &mut Work,
        select: &str,
        order: &str,
        paging: &Paging,
    ) -> Result<Vec<T>> {
        let (limit, offset) = (self.bind(paging.limit + 1), self.bind(paging.offset()));
        let sql = format!("{select} where {} {order} limit {limit} offset {offset}", self.conditions);
        work.query(&sql, &self.params())
    }

    /// All rows that match, in no order.
    pub fn all<T: FromRow>(&self, work: &mut Work, select: &str) -> Result<Vec<T>> {
        work.query(&format!("{select} where {}", self.conditions), &self.params())
    }

    fn params(&self) -> Vec<&dyn ToParam> {
        self.params.iter().map(|value| value as &dyn ToParam).collect()
    }
}

/// The last row of a list in the order of names.
pub fn after_name(cursor: &Cursor) -> Result<(String, i64)> {
    let [name, id] = cursor.values()?;
    // A NUL is in no name of ours, and PostgreSQL would refuse it.
    let name = name.as_str().filter(|name| !name.contains('\0')).ok_or_else(Cursor::foreign)?;
    Ok((name.to_owned(), id.as_i64().ok_or_else(Cursor::foreign)?))
}

/// The last row of a list in the order of ids.
pub fn after_id(cursor: &Cursor) -> Result<i64> {
    let [id] = cursor.values()?;
    id.as_i64().ok_or_else(Cursor::foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_folded_and_becomes_a_range_and_a_pattern() {
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_accounts", "account_id", &["name_key"], Some(" Ána_ "));
        assert!(
            filter.conditions.contains("name_key >= $1 and name_key < $2 union"),
            "{}",
            filter.conditions
        );
        assert_eq!(
            filter.params,
            [Value::from("ána_"), Value::from("ána_\u{10FFFF}"), Value::from(r"% ána\_%")]
        );
    }

    #[test]
    fn no_words_are_no_filter() {
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_accounts", "account_id", &["name_key"], Some("  "));
        filter.prefix("crm_accounts", "account_id", &["name_key"], None);
        filter.equal("account_id", None::<i64>);
        assert_eq!(filter.conditions, "is_active");
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        assert!(after_name(&Cursor(vec!["ana".into(), 7.into()])).is_ok());
        for foreign in [vec![], vec!["ana".into()], vec![7.into(), 7.into()], vec!["a\0".into(), 7.into()]] {
            assert!(after_name(&Cursor(foreign)).is_err());
        }
        assert!(after_id(&Cursor(vec!["7".into()])).is_err());
    }
}
