//! placeholder until the generator lands
use crate::error::Result;
use crate::people::Role;
use crate::{Actor, Time};
use db::{Db, Tx};
pub fn is_marked(_: &mut Tx<'_>) -> Result<bool> {
    Ok(false)
}
pub fn prepare(_: &Db, _: Time) -> Result<Actor> {
    Ok(Actor::User { id: 1, role: Role::Admin })
}
