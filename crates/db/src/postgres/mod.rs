//! stub
use crate::{
    db::{Hook, Options},
    job::*,
    stats::Counters,
    tx::*,
    *,
};
pub(crate) use ::postgres::Row;
use std::sync::Arc;
pub(crate) struct Session;
impl Session {
    pub fn execute(&mut self, _: &str, _: &[&dyn ToParam]) -> Result<u64, Poison> {
        Err(Error::Unsupported(String::new()).into())
    }
    pub fn batch(&mut self, _: &str) -> Result<(), Poison> {
        Err(Error::Unsupported(String::new()).into())
    }
    pub fn rows(&mut self, _: &str, _: &[&dyn ToParam], _: &mut EachRow<'_>) -> Result<(), Poison> {
        Err(Error::Unsupported(String::new()).into())
    }
}
pub(crate) fn column<'r>(_: &'r Row, _: usize) -> Result<ValueRef<'r>, Error> {
    Err(Error::Unsupported(String::new()))
}
pub(crate) struct Engine;
impl Engine {
    pub fn open(_: &Options, _: &Arc<Counters>, _: &Arc<Hook>) -> Result<Engine, Error> {
        Err(Error::Unsupported("PostgreSQL comes with the next commit".into()))
    }
    pub fn submit_read(&self, _: Class, _: Box<dyn Job>) -> Result<Patience, Error> {
        Err(Error::closed())
    }
    pub fn submit_write(&self, _: Box<dyn Job>) -> Result<Patience, Error> {
        Err(Error::closed())
    }
    pub fn migrate(&self, _: &[Step]) -> Result<Vec<u32>, Error> {
        Err(Error::closed())
    }
    pub fn gauges(&self, _: &mut Stats) {}
    pub fn close(&self) {}
}
