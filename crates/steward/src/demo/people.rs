//! The cast: users in teams, accounts, contacts.

use db::Tx;
use fastrand::Rng;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::names::{COMPANY_HEADS, COMPANY_TAILS, Names, PEOPLE, STAFF, TEAMS, TIME_ZONES};
use super::rows::Rows;
use crate::clock::Time;
use crate::error::Result;
use crate::input::fold;
use crate::people::{Role, Tier};
use crate::work::Actor;

pub const ACCOUNTS: usize = 120;
pub const CONTACTS: usize = 400;
/// Contacts 1 to 5 and what follows from the examples: 1 and 5 belong to account 1.
const OF_FIRST_ACCOUNT: [usize; 2] = [1, 5];

/// Who is in which team: users by id. The admin is in none.
pub const MEMBERS: [&[i64]; 4] =
    [&[3, 4, 7, 10, 11, 12, 13, 14], &[2, 5, 8, 10, 15, 16, 17, 18], &[6, 19, 20], &[9, 21, 22, 23]];

/// A customer, as far as cases need them.
#[derive(Debug, Clone)]
pub struct Customer {
    pub contact_id: i64,
    pub account_id: Option<i64>,
    pub tier: Tier,
    /// What an agent calls them.
    pub first_name: String,
}

impl Customer {
    pub fn actor(&self) -> Actor {
        Actor::Contact { id: self.contact_id, account_id: self.account_id, sees_account: false }
    }
}

/// A user who acts.
pub fn user(user_id: i64) -> Actor {
    Actor::User { id: user_id, role: role(user_id) }
}

/// Writes all people, who joined long before `now`. Answers the customers in the order of their ids.
pub fn write(tx: &mut Tx<'_>, rng: &mut Rng, now: Time) -> Result<Vec<Customer>> {
    write_users(tx, rng, now)?;
    write_teams(tx, now)?;
    let tiers = write_accounts(tx, rng, now)?;
    write_contacts(tx, rng, now, &tiers)
}

fn role(user_id: i64) -> Role {
    match user_id {
        1 => Role::Admin,
        2 | 3 | 23 => Role::Manager,
        24 | 25 => Role::Viewer,
        _ => Role::Agent,
    }
}

fn write_users(tx: &mut Tx<'_>, rng: &mut Rng, now: Time) -> Result<()> {
    let mut users = Rows::of(
        "crm_users",
        [
            "user_id",
            "name",
            "name_key",
            "email",
            "email_key",
            "role",
            "is_available",
            "case_cap",
            "created_at",
            "updated_at",
        ],
    );
    for (user_id, name) in (1..).zip(STAFF) {
        let email = format!("{}@harbor.example", local_part(name));
        let joined = now.plus_days(-rng.i64(200..900));
        // Two are on holiday; those who began last have fewer cases at a time.
        let is_available = ![14, 18].contains(&user_id);
        let cap = (20..=22).contains(&user_id).then_some(15_i64);
        users.push(
            tx,
            [
                user_id.into(),
                name.into(),
                fold(name).into(),
                email.as_str().into(),
                fold(&email).into(),
                role(user_id).word().into(),
                is_available.into(),
                cap.into(),
                joined.into(),
                joined.into(),
            ],
        )?;
    }
    users.finish(tx)
}

fn write_teams(tx: &mut Tx<'_>, now: Time) -> Result<()> {
    let founded = now.plus_days(-400);
    let mut teams =
        Rows::of("crm_teams", ["team_id", "team_name", "description", "created_at", "updated_at"]);
    for (team_id, (name, description)) in (1_i64..).zip(TEAMS) {
        teams.push(tx, [team_id.into(), name.into(), description.into(), founded.into(), founded.into()])?;
    }
    teams.finish(tx)?;
    let mut members = Rows::of("crm_team_members", ["team_id", "user_id", "created_at"]);
    for (team_id, users) in (1_i64..).zip(MEMBERS) {
        for user_id in users {
            members.push(tx, [team_id.into(), (*user_id).into(), founded.into()])?;
        }
    }
    members.finish(tx)
}

/// Answers the tier of each account, and its domain.
fn write_accounts(tx: &mut Tx<'_>, rng: &mut Rng, now: Time) -> Result<Vec<(Tier, String)>> {
    let mut accounts = Rows::of(
        "crm_accounts",
        [
            "account_id",
            "account_name",
            "name_key",
            "account_tier",
            "domain",
            "time_zone",
            "contacts_see_account_cases",
            "created_at",
            "updated_at",
        ],
    );
    let mut written = Vec::with_capacity(ACCOUNTS);
    for index in 0..ACCOUNTS {
        let name = company(index);
        // The examples' account has no contract beyond the standard one.
        let tier = match index % 10 {
            _ if index == 0 => Tier::Standard,
            3 => Tier::Enterprise,
            1 | 6 => Tier::Premium,
            _ => Tier::Standard,
        };
        let domain = format!("{}.example", local_part(&name).replace('.', "-"));
        let zone = TIME_ZONES[rng.usize(..TIME_ZONES.len())];
        let since = now.plus_days(-rng.i64(185..1500));
        let sees_all = tier != Tier::Standard && rng.bool();
        accounts.push(
            tx,
            [
                (index as i64 + 1).into(),
                name.as_str().into(),
                fold(&name).into(),
                tier.word().into(),
                domain.as_str().into(),
                zone.into(),
                sees_all.into(),
                since.into(),
                since.into(),
            ],
        )?;
        written.push((tier, domain));
    }
    accounts.finish(tx)?;
    Ok(written)
}

/// The first is the examples' company; 7 is prime to both lists' lengths, so no two are the same.
fn company(index: usize) -> String {
    if index == 0 {
        return "Acme Corp".into();
    }
    let head = COMPANY_HEADS[index % COMPANY_HEADS.len()];
    let tail = COMPANY_TAILS[index * 7 % COMPANY_TAILS.len()];
    format!("{head} {tail}")
}

fn write_contacts(
    tx: &mut Tx<'_>,
    rng: &mut Rng,
    now: Time,
    accounts: &[(Tier, String)],
) -> Result<Vec<Customer>> {
    let mut contacts = Rows::of(
        "crm_contacts",
        [
            "contact_id",
            "account_id",
            "name",
            "name_key",
            "email",
            "email_key",
            "phone",
            "language",
            "created_at",
            "updated_at",
        ],
    );
    let mut customers = Vec::with_capacity(CONTACTS);
    let mut taken = std::collections::HashSet::new();
    for contact_id in 1..=CONTACTS {
        let account = draw_account(rng, contact_id);
        let (names, name, spelt) = draw_person(rng, contact_id);
        let domain = account.map_or("post.example", |index| accounts[index].1.as_str());
        let mut email = format!("{}@{domain}", local_part(&spelt));
        if !taken.insert(email.clone()) {
            email = format!("{}.{contact_id}@{domain}", local_part(&spelt));
        }
        let since = now.plus_days(-rng.i64(181..700));
        let account_id = account.map(|index| index as i64 + 1);
        contacts.push(
            tx,
            [
                (contact_id as i64).into(),
                account_id.into(),
                name.as_str().into(),
                fold(&name).into(),
                email.as_str().into(),
                fold(&email).into(),
                draw_phone(rng, names).into(),
                names.language.into(),
                since.into(),
                since.into(),
            ],
        )?;
        customers.push(Customer {
            contact_id: contact_id as i64,
            account_id,
            tier: account.map_or(Tier::Standard, |index| accounts[index].0),
            first_name: spelt.split(' ').next().unwrap_or_default().to_owned(),
        });
    }
    contacts.finish(tx)?;
    Ok(customers)
}

/// Which account a contact belongs to, as an index.
fn draw_account(rng: &mut Rng, contact_id: usize) -> Option<usize> {
    match contact_id {
        id if OF_FIRST_ACCOUNT.contains(&id) => Some(0),
        id if id <= ACCOUNTS => Some(id - 1),
        // A few people come without a company.
        id if id % 25 == 0 => None,
        _ => Some(rng.usize(..ACCOUNTS)),
    }
}

/// Where a contact's name is from, the name, and how an address spells it. The first is the examples' customer.
fn draw_person(rng: &mut Rng, contact_id: usize) -> (&'static Names, String, String) {
    if contact_id == 1 {
        return (&PEOPLE[1], "John Doe".into(), "John Doe".into());
    }
    let names = &PEOPLE[rng.usize(..PEOPLE.len())];
    let (name, spelt) = draw_name(rng, names);
    (names, name, spelt)
}

/// A name as it is written, and as an address spells it.
fn draw_name(rng: &mut Rng, names: &Names) -> (String, String) {
    let given = names.given[rng.usize(..names.given.len())];
    let family = names.family[rng.usize(..names.family.len())];
    let halves = |name: &'static str| name.split_once('/').unwrap_or((name, name));
    let ((given, given_spelt), (family, family_spelt)) = (halves(given), halves(family));
    (format!("{given} {family}"), format!("{given_spelt} {family_spelt}"))
}

fn draw_phone(rng: &mut Rng, names: &Names) -> Option<String> {
    let (beginning, digits) = names.dial;
    let has_one = !beginning.is_empty() && rng.u8(..4) > 0;
    has_one.then(|| format!("{beginning}{:0digits$}", rng.u32(..10_u32.pow(digits as u32))))
}

/// A name as an address has it: `Jürgen Groß` is `jurgen.gross`.
fn local_part(name: &str) -> String {
    let mut local = String::with_capacity(name.len());
    for c in name.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            ' ' => local.push('.'),
            'ß' => local.push_str("ss"),
            'ł' | 'Ł' => local.push('l'),
            'ø' | 'Ø' => local.push('o'),
            'ı' => local.push('i'),
            c if c.is_ascii_alphanumeric() => local.push(c.to_ascii_lowercase()),
            _ => {}
        }
    }
    local
}
