//! Administration in the browser: the people who work the desk, what cases may be, and what the desk does by itself.
//!
//! Pages read through the model functions of their features; changes are forms that speak to the API (`send.js`).
//! Managers see what is theirs to change, admins everything.

pub mod audit;
pub mod branding;
pub mod calendars;
pub mod case_types;
mod conditions;
mod deleted;
pub mod escalations;
pub mod jobs;
pub mod mail;
mod names;
pub mod overview;
pub mod policies;
mod previews;
pub mod priorities;
pub mod routing;
pub mod surveys;
pub mod teams;
pub mod tokens;
pub mod users;
mod week;
pub mod welcome;

use crate::error::Result;
use crate::people::Role;
use crate::web::{self, Frame, Page, Visit};
use crate::work::Work;

/// A page of the administration: its last step in the address, which also names its messages, and who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    pub name: &'static str,
    pub role: Role,
}

/// Sections that belong together.
pub struct SectionGroup {
    pub name: &'static str,
    pub sections: Vec<Section>,
}

const fn of_managers(name: &'static str) -> Section {
    Section { name, role: Role::Manager }
}

const fn of_admins(name: &'static str) -> Section {
    Section { name, role: Role::Admin }
}

/// All sections, in groups.
const GROUPS: [(&str, &[Section]); 4] = [
    ("people", &[of_admins("users"), of_managers("teams"), of_admins("tokens")]),
    (
        "cases",
        &[
            of_managers("types"),
            of_managers("priorities"),
            of_managers("routing"),
            of_managers("escalations"),
        ],
    ),
    ("promises", &[of_managers("policies"), of_managers("calendars"), of_managers("surveys")]),
    ("running", &[of_admins("branding"), of_admins("mail"), of_admins("jobs"), of_admins("audit")]),
];

/// What somebody with this role may see.
pub fn sections(role: &Role) -> Vec<SectionGroup> {
    let groups = GROUPS.iter().map(|(name, sections)| SectionGroup {
        name,
        sections: sections.iter().copied().filter(|section| *role >= section.role).collect(),
    });
    groups.filter(|group| !group.sections.is_empty()).collect()
}

/// Whether a page's address is within a section.
pub fn is_at(page: &Page, section: &str) -> bool {
    let path = page.visit.at.split('?').next().unwrap_or("");
    let rest = path.strip_prefix("/administration/").unwrap_or("");
    rest.split('/').next() == Some(section)
}

/// What every page of the administration has.
fn around(work: &mut Work, visit: &Visit) -> Result<(Page, Frame)> {
    Ok((Page::read(work, visit)?, Frame::read(work, visit, "administration")?))
}

/// The address of the page after this one, its filters kept.
fn next_page(visit: &Visit, parameter: &str, value: &str) -> String {
    let (path, query) = visit.at.split_once('?').unwrap_or((&visit.at, ""));
    format!("{path}?{}", web::with(&web::with(query, "page", ""), parameter, value))
}

/// The tag of a thing's version, as a change names it.
pub fn etag(id: &i64, version: &i64) -> String {
    crate::http::etag(*id, *version)
}

/// A colour that may be shown as a swatch; any other text is shown as what it is.
fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or("");
    matches!(digits.len(), 3 | 6) && digits.chars().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_sees_its_sections_in_their_groups() {
        let names = |role| -> Vec<&str> {
            sections(&role).iter().flat_map(|group| &group.sections).map(|section| section.name).collect()
        };
        assert_eq!(names(Role::Agent), Vec::<&str>::new());
        assert!(names(Role::Manager).contains(&"teams") && !names(Role::Manager).contains(&"users"));
        assert_eq!(names(Role::Admin).len(), 14);
    }

    #[test]
    fn only_plain_colours_are_drawn() {
        assert!(is_colour("#fff") && is_colour("#2456C9"));
        for other in ["", "#", "red", "#12345", "#ggg", "url(//evil.example)", "#fff;"] {
            assert!(!is_colour(other), "{other}");
        }
    }
}
