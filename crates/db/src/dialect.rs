//! The one place where the engines' SQL differs: named fragments for statements, tokens for migrations.

use crate::Error;

/// The engine that a statement is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub fn is_postgres(self) -> bool {
        self == Dialect::Postgres
    }

    fn pick<T>(self, sqlite: T, postgres: T) -> T {
        match self {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        }
    }

    /// Goes at the end of a `select` that is about to change its rows. SQLite has one writer and needs none.
    pub fn for_update(self) -> &'static str {
        self.pick("", " for update")
    }

    /// Goes at the end of a `select` whose rows are to stay as they are until the transaction ends.
    pub fn for_share(self) -> &'static str {
        self.pick("", " for share")
    }

    /// Like [`for_update`](Self::for_update), passing over rows that another transaction holds: for claiming
    /// jobs.
    pub fn for_update_skip_locked(self) -> &'static str {
        self.pick("", " for update skip locked")
    }

    /// An expression equal to a column that SQLite does not look up in an index. Its planner, without statistics, goes
    /// by any equality there is, even where another index gives the order.
    pub fn unindexed(self, column: &str) -> String {
        self.pick(format!("+{column}"), column.to_owned())
    }

    /// The larger of two values, neither of them null (with a null the engines answer differently).
    pub fn greatest(self, a: &str, b: &str) -> String {
        format!("{}({a}, {b})", self.pick("max", "greatest"))
    }

    /// The smaller of two values, neither of them null.
    pub fn least(self, a: &str, b: &str) -> String {
        format!("{}({a}, {b})", self.pick("min", "least"))
    }

    /// Minutes from one time to another, with fractions, as a float; null if either is null.
    pub fn minutes_between(self, from: &str, to: &str) -> String {
        match self {
            Dialect::Sqlite => format!("((unixepoch({to}, 'subsec') - unixepoch({from}, 'subsec')) / 60.0)"),
            Dialect::Postgres => {
                format!("(extract(epoch from (({to}) - ({from})))::double precision / 60)")
            }
        }
    }

    /// The database's clock, in the type of a time column. On SQLite prefer a time bound by the program.
    pub fn now(self) -> &'static str {
        self.pick(SQLITE_NOW, "now()")
    }

    /// `expr in (the integers of the JSON array bound at param)`, such as `among_ints("c.team_id", "$3")`.
    pub fn among_ints(self, expr: &str, param: &str) -> String {
        match self {
            Dialect::Sqlite => format!("{expr} in (select value from json_each({param}))"),
            Dialect::Postgres => {
                format!("{expr} = any(array(select jsonb_array_elements_text({param}::jsonb)::bigint))")
            }
        }
    }

    /// `expr in (the texts of the JSON array bound at param)`.
    pub fn among_texts(self, expr: &str, param: &str) -> String {
        match self {
            Dialect::Sqlite => format!("{expr} in (select value from json_each({param}))"),
            Dialect::Postgres => {
                format!("{expr} = any(array(select jsonb_array_elements_text({param}::jsonb)))")
            }
        }
    }

    /// A table `j` with a column `value`: the elements of the JSON array bound at param. An element that is an array
    /// itself is taken apart with `j.value ->> 0`, which is text on PostgreSQL: cast it.
    pub fn elements(self, param: &str) -> String {
        match self {
            Dialect::Sqlite => format!("json_each({param}) j"),
            Dialect::Postgres => format!("jsonb_array_elements({param}::jsonb) as j(value)"),
        }
    }

    /// The bytes that a text of hexadecimal digits tells.
    pub fn from_hex(self, expr: &str) -> String {
        match self {
            Dialect::Sqlite => format!("unhex({expr})"),
            Dialect::Postgres => format!("decode({expr}, 'hex')"),
        }
    }

    /// The text under `key` of a JSON column, null where there is none.
    pub fn json_text(self, column: &str, key: &str) -> String {
        let key = key.replace('\'', "''");
        match self {
            Dialect::Sqlite => format!("({column} ->> '{key}')"),
            Dialect::Postgres => format!("(({column})::jsonb ->> '{key}')"),
        }
    }

    /// A statement that lets an identity column go on after its greatest value, to be run with
    /// [`Tx::batch`](crate::Tx::batch) after rows came with ids of their own. Empty on SQLite, which follows
    /// by itself.
    pub fn reset_identity(self, table: &str, column: &str) -> String {
        match self {
            Dialect::Sqlite => String::new(),
            Dialect::Postgres => format!(
                "select setval(pg_get_serial_sequence('{table}', '{column}'), \
                 coalesce((select max({column}) from {table}), 0) + 1, false)"
            ),
        }
    }

    /// The transaction that appended a row of `alias`, as an integer that grows with time. 0 on SQLite, where rows are
    /// seen in the order of their ids.
    pub fn appended_by(self, alias: &str) -> String {
        self.pick("cast(0 as bigint)".into(), format!("{alias}.xact::text::bigint"))
    }

    /// Whether a row of `alias` with this `id` comes after the one of transaction `$1` and id `$2`, and nothing can come
    /// before it any more: every transaction that began before its own has ended.
    pub fn appended_after(self, alias: &str, id: &str) -> String {
        match self {
            Dialect::Sqlite => format!("$1 >= 0 and {alias}.{id} > $2"),
            Dialect::Postgres => format!(
                "({alias}.xact, {alias}.{id}) > (($1::bigint)::text::xid8, $2) \
                 and {alias}.xact < pg_snapshot_xmin(pg_current_snapshot())"
            ),
        }
    }

    /// The order in which rows were appended.
    pub fn append_order(self, alias: &str, id: &str) -> String {
        self.pick(format!("{alias}.{id}"), format!("{alias}.xact, {alias}.{id}"))
    }

    /// A statement that answers where appended rows end: a transaction and an id, before all that are still to come.
    pub fn append_head(self, table: &str, id: &str) -> String {
        match self {
            Dialect::Sqlite => {
                format!("select cast(0 as bigint) as xact, coalesce(max({id}), 0) as id from {table}")
            }
            Dialect::Postgres => "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xact, \
                                  cast(0 as bigint) as id"
                .into(),
        }
    }

    /// The mark below which no row is appended to `table` any more: one more than its greatest on SQLite, the oldest
    /// transaction that still runs on PostgreSQL. Rows carry a growing `mark`, their own number or their transaction's.
    pub fn mark_horizon(self, table: &str) -> String {
        self.pick(
            format!("(select coalesce(max(mark), 0) + 1 from {table})"),
            "pg_snapshot_xmin(pg_current_snapshot())::text::bigint".into(),
        )
    }

    /// Replaces the `{{tokens}}` of a migration. An unknown token is an error that names it.
    pub fn expand(self, text: &str) -> Result<String, Error> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (token, after) = after
                .split_once("}}")
                .ok_or_else(|| Error::Migration("a token opened with `{{` is never closed".into()))?;
            out.push_str(before);
            out.push_str(self.token(token.trim())?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn token(self, token: &str) -> Result<&'static str, Error> {
        let (sqlite, postgres) = match token {
            "id" => {
                ("integer primary key autoincrement", "bigint generated by default as identity primary key")
            }
            "json" => ("text", "jsonb"),
            "time" => ("text", "timestamptz(3)"),
            "bool" => ("integer", "boolean"),
            "now" => (SQLITE_NOW, "now()"),
            "float" => ("real", "double precision"),
            "bytes" => ("blob", "bytea"),
            "c" => ("", " collate \"C\""),
            "true" => ("1", "true"),
            "false" => ("0", "false"),
            unknown => return Err(Error::Migration(format!("unknown token {{{{{unknown}}}}}"))),
        };
        Ok(self.pick(sqlite, postgres))
    }
}

const SQLITE_NOW: &str = "(strftime('%Y-%m-%dT%H:%M:%fZ','now'))";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_replaced_and_unknown_ones_named() {
        let text = "a {{id}}, b {{ bool }} default {{true}}";
        assert_eq!(
            Dialect::Sqlite.expand(text).unwrap(),
            "a integer primary key autoincrement, b integer default 1"
        );
        assert!(Dialect::Postgres.expand(text).unwrap().ends_with("boolean default true"));
        assert_eq!(
            Dialect::Sqlite.expand("{{uuid}}"),
            Err(Error::Migration("unknown token {{uuid}}".into()))
        );
        assert!(Dialect::Sqlite.expand("x {{id").is_err());
    }
}
