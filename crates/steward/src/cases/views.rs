//! The views that every desk has, how many cases are in each, and the places beside them: teams and saved views.

use std::collections::BTreeMap;

use super::Status;
use super::address::Address;
use crate::error::{Error, Result};
use crate::work::Work;

/// The statuses of work that is not done.
pub const ACTIVE: &str = "new,open,pending,in_progress,waiting_customer";
/// Their names in addresses, in the order in which they are shown. What a view is called stands in the catalogues:
/// `view-mine`.
pub const NAMES: [&str; 7] = ["mine", "unassigned", "open", "due-soon", "overdue", "violated", "resolved"];
/// Where counting stops: a view of more cases is nothing to be worked through, and every page counts.
pub const MOST: i64 = 1_000;
/// Teams and saved views beside a page, of each kind.
const PLACES: i64 = 200;

/// The filters of a view, `None` for a name that is none: `mine`, `team-3`.
pub fn address_of(name: &str) -> Option<Address> {
    let query = match name {
        "mine" => format!("owner_id=me&status={ACTIVE}&sort=next_due"),
        "unassigned" => format!("owner_id=nobody&status={ACTIVE}"),
        "open" => format!("status={ACTIVE}"),
        "due-soon" => "sla_clock=due_soon&sort=next_due".into(),
        "overdue" => "sla_clock=overdue&sort=next_due".into(),
        "violated" => format!("sla_violated=true&status={ACTIVE}"),
        "resolved" => "status=resolved&sort=-updated_at".into(),
        _ => {
            let id: i64 = name.strip_prefix("team-")?.parse().ok().filter(|id| *id > 0)?;
            format!("team_id={id}&status={ACTIVE}")
        }
    };
    Address::parse(&query).ok()
}

/// How many, or how many at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub cases: i64,
    pub is_exact: bool,
}

impl Count {
    /// A count that stopped one beyond [`MOST`].
    pub fn limited(cases: i64) -> Count {
        Count { cases: cases.min(MOST), is_exact: cases <= MOST }
    }
}

db::record! {
    struct Counted {
        name: String,
        unread: i64,
        soon: i64,
        overdue: i64,
        violated: i64,
    }

    struct Cell {
        dimension: String,
        key: String,
        status: Status,
        cases: i64,
    }
}

/// What the navigation tells of the desk: who looks, what they have not read, and how many cases each view has.
pub struct Counts {
    pub user: String,
    pub unread: i64,
    views: BTreeMap<String, Count>,
}

impl Counts {
    /// Reads all of it in two statements; neither grows with what has ended.
    pub fn read(work: &mut Work) -> Result<Counts> {
        let me = work.actor.user_id().ok_or(Error::NotFound("page"))?;
        let now = work.now;
        let open = |condition: &str| {
            let limit = MOST + 1;
            format!(
                "(select count(*) from (select 1 as one from crm_cases c where c.is_open and {condition} limit {limit}) q)"
            )
        };
        let sql = format!(
            "select u.name, (select count(*) from crm_notifications n where n.user_id = u.user_id and n.read_at is null)
                 as unread, {} as soon, {} as overdue, {} as violated
             from crm_users u where u.user_id = $1",
            open("c.sla_soon_at <= $2 and c.sla_next_due >= $2"),
            open("c.sla_next_due < $2"),
            open("c.is_sla_violated = true"),
        );
        let counted: Counted = work.optional(&sql, &[&me, &now])?.ok_or(Error::NotFound("user"))?;
        let mut views = BTreeMap::new();
        for (name, cases) in
            [("due-soon", counted.soon), ("overdue", counted.overdue), ("violated", counted.violated)]
        {
            views.insert(name.to_owned(), Count::limited(cases));
        }
        rolled_up(work, &me.to_string(), &mut views)?;
        Ok(Counts { user: counted.name, unread: counted.unread, views })
    }

    /// How many cases a view has; none for one that is not counted here.
    pub fn of(&self, name: &str) -> Count {
        self.views.get(name).copied().unwrap_or(Count { cases: 0, is_exact: true })
    }

    /// Every view that has any case.
    pub fn all(&self) -> impl Iterator<Item = (&str, Count)> {
        self.views.iter().map(|(name, count)| (name.as_str(), *count))
    }
}

/// What the rollup knows: one's own, nobody's, everybody's, each team's.
fn rolled_up(work: &mut Work, me: &str, views: &mut BTreeMap<String, Count>) -> Result<()> {
    let cells: Vec<Cell> = work.query(
        "select r.dimension, r.key, r.status, r.cases from crm_case_rollup_now r where r.dimension in ('all', 'team')
         union all
         select r.dimension, r.key, r.status, r.cases from crm_case_rollup_now r
         where r.dimension = 'owner' and r.key in ($1, '')",
        &[&me],
    )?;
    for Cell { dimension, key, status, cases } in cells {
        let name = match (dimension.as_str(), status) {
            ("all", Status::Resolved) => "resolved".to_owned(),
            (_, status) if !status.is_active() => continue,
            ("all", _) => "open".to_owned(),
            ("team", _) if key.is_empty() => continue,
            ("team", _) => format!("team-{key}"),
            _ if key.is_empty() => "unassigned".to_owned(),
            _ => "mine".to_owned(),
        };
        views.entry(name).or_insert(Count { cases: 0, is_exact: true }).cases += cases;
    }
    Ok(())
}

db::record! {
    /// A team or a saved view, as the navigation names it.
    #[derive(Debug, Clone)]
    pub struct Place {
        kind: String,
        pub id: i64,
        pub name: String,
        /// A team that one is in, a view that one made.
        pub is_own: bool,
    }
}

/// The desk's teams and the saved views that are for the actor, by name: those of a manager's own teams, not of all.
pub fn places(work: &mut Work) -> Result<(Vec<Place>, Vec<Place>)> {
    let me = work.actor.user_id().ok_or(Error::NotFound("page"))?;
    let mut teams: Vec<Place> = work.query(
        &format!(
            "select 'team' as kind, t.team_id as id, t.team_name as name,
                 exists (select 1 from crm_team_members m where m.team_id = t.team_id and m.user_id = $1) as is_own
             from crm_teams t where t.is_active
             union all
             select 'view', v.view_id, v.view_name, v.user_id = $1 from crm_saved_views v
             where v.is_active and (v.user_id = $1 or v.shared_with = 'desk' or (v.shared_with = 'team' and v.team_id in
                 (select m.team_id from crm_team_members m where m.user_id = $1)))
             limit {}",
            2 * PLACES
        ),
        &[&me],
    )?;
    teams.sort_by_cached_key(|place| (!place.is_own, place.name.to_lowercase(), place.id));
    let views = teams.extract_if(.., |place| place.kind == "view").collect();
    Ok((teams, views))
}
