//! One connection with its prepared statements. It must live and die on a thread without an async runtime.

use std::collections::HashMap;

use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::ToSql;
use ::postgres::{Client, Statement};

use super::Server;
use super::failure::{of_commit, of_connect, of_statement};
use super::pool::Kind;
use super::values::{Encoded, encode};
use crate::row::{Inner, Row};
use crate::tx::{EachRow, Poison};
use crate::{Class, Error, ToParam};

/// Statements kept prepared on each connection.
const STATEMENTS: usize = 256;

/// How long a statement waits for a row or table that another transaction holds.
const LOCK_TIMEOUT: &str = "10s";

pub(crate) struct Session {
    client: Client,
    statements: HashMap<String, (Statement, u64)>,
    /// Counts uses, to find the statement that was used longest ago.
    uses: u64,
    reading: bool,
    /// Whether a transaction has begun and not ended.
    is_open: bool,
    slow_deadline_ms: u128,
}

impl Session {
    pub fn connect(server: &Server) -> Result<Session, Error> {
        let mut client = server.config.connect(server.tls.clone()).map_err(|failure| of_connect(&failure))?;
        // Compiling a plan costs more than the short statements of a desk take; so does planning a page of cases with
        // its seven tables anew (4 ms) each time it is asked (0.4 ms).
        let settings = format!(
            "set timezone = 'UTC'; set jit = off; set plan_cache_mode = force_generic_plan;
             set statement_timeout = {}; set lock_timeout = '{LOCK_TIMEOUT}'",
            server.statement_timeout.as_millis()
        );
        client.batch_execute(&settings).map_err(|failure| of_connect(&failure))?;
        Ok(Session {
            client,
            statements: HashMap::new(),
            uses: 0,
            reading: false,
            is_open: false,
            slow_deadline_ms: server.slow_deadline.as_millis(),
        })
    }

    pub fn begin(&mut self, kind: Kind, class: Class) -> Result<(), Poison> {
        self.reading = kind == Kind::Read;
        let begun = match (kind, class) {
            (Kind::Write, _) => self.batch("begin isolation level read committed read write"),
            (Kind::Read, Class::Bounded) => self.batch("begin isolation level repeatable read read only"),
            (Kind::Read, Class::Slow) => {
                let limit = self.slow_deadline_ms;
                self.batch(&format!(
                    "begin isolation level repeatable read read only; set local statement_timeout = {limit}"
                ))
            }
        };
        self.is_open = begun.is_ok();
        begun
    }

    /// Ends a transaction that nobody waits for, where there is one. False where the connection is of no use any more.
    pub fn close(&mut self) -> bool {
        !self.is_open || self.commit().is_ok()
    }

    /// `Err(Ok(error))`: certainly rolled back. `Err(Err(error))`: unknown.
    pub fn commit(&mut self) -> Result<(), Result<Error, Error>> {
        self.is_open = false;
        self.client.batch_execute("commit").map_err(|failure| of_commit(&failure))
    }

    pub fn roll_back(&mut self) -> Result<(), Poison> {
        self.is_open = false;
        self.batch("rollback")
    }

    pub fn batch(&mut self, sql: &str) -> Result<(), Poison> {
        self.client.batch_execute(sql).map_err(|failure| of_statement(failure, sql, self.reading))
    }

    pub fn execute(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<u64, Poison> {
        let (statement, params) = self.prepare(sql, params)?;
        if !statement.columns().is_empty() {
            let message = "the statement answers rows: query it".to_owned();
            return Err(Error::Sql { message, sql: sql.to_owned() }.into());
        }
        let params: Vec<_> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        self.client.execute(&statement, &params).map_err(|failure| of_statement(failure, sql, self.reading))
    }

    pub fn rows(&mut self, sql: &str, params: &[&dyn ToParam], f: &mut EachRow<'_>) -> Result<(), Poison> {
        let (statement, params) = self.prepare(sql, params)?;
        let reading = self.reading;
        let failed = |failure| of_statement(failure, sql, reading);
        let mut rows = self.client.query_raw(&statement, params.iter()).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            if f(&Row(Inner::Postgres(&row))).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn prepare(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<(Statement, Vec<Encoded>), Poison> {
        let statement = self.statement(sql)?;
        let types = statement.params();
        if types.len() != params.len() {
            let (wanted, given) = (types.len(), params.len());
            let why = format!("the statement has {wanted} parameters, {given} were given: {sql}");
            return Err(Error::Param(why).into());
        }
        let encoded = params.iter().zip(types).map(|(param, ty)| {
            let param = param.to_param();
            match param.objection() {
                None => encode(&param, ty),
                Some(why) => Err(why),
            }
        });
        let encoded = encoded.collect::<Result<_, _>>().map_err(Error::Param)?;
        Ok((statement, encoded))
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, Poison> {
        self.uses += 1;
        if let Some((statement, used)) = self.statements.get_mut(sql) {
            *used = self.uses;
            return Ok(statement.clone());
        }
        let statement =
            self.client.prepare(sql).map_err(|failure| of_statement(failure, sql, self.reading))?;
        if self.statements.len() >= STATEMENTS {
            let oldest =
                self.statements.iter().min_by_key(|(_, (_, used))| *used).map(|(sql, _)| sql.clone());
            oldest.and_then(|sql| self.statements.remove(&sql));
        }
        self.statements.insert(sql.to_owned(), (statement.clone(), self.uses));
        Ok(statement)
    }
}
