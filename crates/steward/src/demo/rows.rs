//! Many rows of one table, a batch to a statement.

use db::{ToParam, Tx, Value};

use crate::clock::Time;
use crate::error::Result;

/// Parameters to a statement. Each statement costs PostgreSQL a round trip and SQLite a savepoint for its triggers;
/// but SQLite looks each parameter up by walking a list, so many are as bad as few.
const PARAMETERS: usize = 120;

/// Collects rows of `N` columns and inserts them; what is left over goes in with `finish`.
pub struct Rows<const N: usize> {
    head: String,
    values: Vec<Value>,
}

impl<const N: usize> Rows<N> {
    pub fn of(table: &str, columns: [&str; N]) -> Rows<N> {
        let head = format!("insert into {table} ({}) values ", columns.join(", "));
        Rows { head, values: Vec::new() }
    }

    pub fn push(&mut self, tx: &mut Tx<'_>, row: [Value; N]) -> Result<()> {
        self.values.extend(row);
        if self.values.len() + N > PARAMETERS { self.write(tx) } else { Ok(()) }
    }

    pub fn finish(mut self, tx: &mut Tx<'_>) -> Result<()> {
        if self.values.is_empty() { Ok(()) } else { self.write(tx) }
    }

    fn write(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let mut sql = self.head.clone();
        for row in 0..self.values.len() / N {
            let slots: Vec<String> = (1..=N).map(|column| format!("${}", row * N + column)).collect();
            sql.push_str(if row == 0 { "(" } else { ", (" });
            sql.push_str(&slots.join(", "));
            sql.push(')');
        }
        let params: Vec<&dyn ToParam> = self.values.iter().map(|value| value as &dyn ToParam).collect();
        tx.execute(&sql, &params)?;
        self.values.clear();
        Ok(())
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Value {
        Value::Time(time.into())
    }
}
