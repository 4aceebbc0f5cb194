//! What must be true of every page: anybody can use it, in light and in dark, on a phone, in German.

use std::collections::BTreeSet;

use browser::{Look, Result, Tab};

use crate::axe;
use crate::spots::{BESIDE, NO_PAGES, SPOTS, Spot, Who};
use crate::stage::Stage;

const EVERYBODY: [Who; 5] = [Who::Stranger, Who::Customer, Who::Agent, Who::Manager, Who::Admin];

/// What is wider than the window, although nothing should be.
pub const OVERFLOW: &str = "(() => {
    const wide = document.documentElement.scrollWidth, window = document.documentElement.clientWidth;
    if (wide <= window) return '';
    const isHeld = one => one && one !== document.body && (getComputedStyle(one).overflowX !== 'visible' || isHeld(one.parentElement));
    const outside = [...document.querySelectorAll('body *')].filter(one =>
        one.getBoundingClientRect().right > window + 1 && !isHeld(one.parentElement));
    return `${wide} wide in ${window}: ${outside.slice(-3).map(one => one.outerHTML.slice(0, 120)).join(' | ')}`
})()";

/// Goes to every page with whoever it is for, and adds what `look` finds to the complaints.
pub fn at_every_page(
    stage: &Stage,
    look: Look,
    find: impl Fn(&Tab, &Spot) -> Result<Vec<String>>,
) -> Result<()> {
    for who in EVERYBODY {
        let tab = stage.somebody(who, look)?;
        let mut faults = Vec::new();
        // What is wrong in the same way on many pages is said of the first.
        let mut known = BTreeSet::new();
        for spot in SPOTS.iter().filter(|spot| spot.who == who) {
            tab.goes(&stage.filled(spot.path))?;
            let found = find(&tab, spot)?
                .into_iter()
                .chain(tab.complaints())
                .filter(|fault| known.insert(fault.clone()));
            faults.extend(found.map(|fault| format!("{} ({who:?}): {fault}", spot.path)));
        }
        faults.into_iter().for_each(|fault| tab.complain(fault));
    }
    Ok(())
}

fn overflow(tab: &Tab) -> Result<Vec<String>> {
    let overflow = tab.asks(OVERFLOW)?;
    Ok(overflow.as_str().filter(|text| !text.is_empty()).map(str::to_owned).into_iter().collect())
}

/// What somebody does to a page before it is looked at.
enum Step {
    Click(&'static str),
    Type(&'static str, &'static str),
    Press(&'static str),
    /// Lets the server find the faults instead of the browser.
    Trust(&'static str),
}

/// A page after something was done on it.
struct State {
    who: Who,
    path: &'static str,
    steps: &'static [Step],
    seen: &'static str,
}

impl State {
    fn reach(&self, tab: &Tab) -> Result<()> {
        for step in self.steps {
            match step {
                Step::Click(what) => tab.until_seen(what)?.clicks(what)?,
                Step::Type(what, text) => tab.until_seen(what)?.types(what, text)?,
                Step::Press(key) => tab.presses(key)?,
                Step::Trust(form) => {
                    tab.asks_of(form, "(it.noValidate = true, 0)")?;
                    tab
                }
            };
        }
        tab.until_seen(self.seen)?;
        Ok(())
    }
}

const fn state(who: Who, path: &'static str, steps: &'static [Step], seen: &'static str) -> State {
    State { who, path, steps, seen }
}

use Step::{Click, Press, Trust, Type};
use Who::{Agent, Customer, Manager, Stranger};

#[rustfmt::skip]
const STATES: &[State] = &[
    state(Stranger, "/sign-in", &[Type("[name=email]", "nobody@example.org"), Type("[name=password]", "not the one"), Click("form button:not([name])")], ".refusal"),
    state(Stranger, "/contact", &[Trust("form.stack"), Click("form.stack .actions button")], ".fault"),
    state(Stranger, "/contact", &[Type("[name=subject]", "How do I export my data?")], ".suggested a"),
    state(Stranger, "/help", &[Type("[data-suggests]", "export")], "[data-hits] a"),
    state(Stranger, "/help", &[Type("[data-suggests]", "zyxwvut")], "[data-hits] .empty"),
    state(Stranger, "/help/articles/nowhere", &[], "main.alone"),
    state(Customer, "/portal/new", &[Trust("form.stack"), Click("form.stack .actions button")], ".fault"),
    state(Customer, "/portal/cases/999999", &[], "main.alone"),
    state(Agent, "/design", &[Click("[data-opens=design-dialog]")], "#design-dialog[open]"),
    state(Agent, "/design", &[Click("[popovertarget=design-menu]")], "#design-menu:popover-open"),
    state(Agent, "/views/open", &[Click("[data-palette]")], ".palette[open] [role=option]"),
    state(Agent, "/views/open", &[Click("[data-palette]"), Type(".palette input", "zyxwvut")], ".palette .nothing"),
    state(Agent, "/views/open", &[Press("?")], "#keys[open]"),
    state(Agent, "/views/open", &[Click(".pick summary")], ".pick[open] .options"),
    state(Agent, "/views/open", &[Click(".pick.rest summary")], ".pick.rest[open] .options"),
    state(Agent, "/views/open", &[Press("j"), Press("e")], "dialog[open] [name=priority_id]"),
    state(Agent, "/cases?search=zyxwvut", &[], ".empty"),
    state(Agent, "/cases/1", &[Click("#why-open")], "#why-dialog[open]"),
    state(Agent, "/cases/1", &[Click("#canned-open")], "#canned[open] li"),
    state(Agent, "/cases/1", &[Click("#suggest-open")], "#suggested[open] li"),
    state(Agent, "/cases/1", &[Click("[popovertarget=send-menu]")], "#send-menu:popover-open"),
    state(Agent, "/cases/1", &[Click("#wording summary")], "#wording[open] textarea"),
    state(Agent, "/cases/1", &[Click("#merge summary"), Type("#merge [name=number]", "2"), Click("#merge button")], "#merge-ask"),
    state(Agent, "/cases/1", &[Click("#merge summary"), Type("#merge [name=number]", "999999"), Click("#merge button")], "#merge .fault, #merge .refusal"),
    state(Agent, "/cases/1", &[Type("[data-field=tags]", "a tag that is so long that nobody would ever want to read it in a list of cases or anywhere else at all"), Press("Tab")], ".fields .fault"),
    state(Agent, "/cases/1", &[Type("#comment_text", "**Hello**"), Click("#preview-toggle")], "#preview strong"),
    state(Agent, "/cases/new", &[Type("#customer", "an")], ".combo [role=option]"),
    state(Agent, "/cases/new", &[Trust("main form.stack"), Click("main form.stack .actions button")], ".fault"),
    state(Agent, "/administration/users", &[], "main.alone"),
    state(Agent, "/cases/999999", &[], "main.alone"),
    state(Manager, "/views/open", &[Press("j"), Press("x")], "#bulk"),
    state(Manager, "/administration/policies/1", &[Click("[data-preview]")], "#preview"),
    state(Manager, "/administration/teams/new", &[Trust("form.stack"), Click("form.stack .actions button")], ".fault"),
    state(Manager, "/administration/surveys/1", &[Click("#question-new summary")], "#question-new form"),
    state(Manager, "/knowledge/new", &[Type("form.editor [name=content]", "# Boil\n\nWater is **hot**.")], "[data-preview] strong"),
];

in_the_demo! {
    fn anybody_can_use_it_in_light_and_in_dark(stage) {
        at_every_page(stage, Look::default(), |tab, _| {
            let mut faults = overflow(tab)?;
            faults.extend(axe::faults(tab)?);
            tab.look(Look::default().dark())?;
            faults.extend(axe::faults_of_colours(tab)?.into_iter().map(|fault| format!("in the dark: {fault}")));
            tab.look(Look::default())?;
            Ok(faults)
        })
    }

    fn what_opens_over_a_page_can_be_used_as_well(stage) {
        for who in EVERYBODY {
            let tab = stage.somebody(who, Look::default())?;
            let mut faults = Vec::new();
            for state in STATES.iter().filter(|state| state.who == who) {
                for look in [Look::default(), Look::default().dark()] {
                    tab.look(look)?;
                    tab.goes(state.path)?;
                    state.reach(&tab)?;
                    faults.extend(axe::faults(&tab)?.into_iter().map(|fault| format!("{} with {}: {fault}", state.path, state.seen)));
                }
            }
            // What was refused on purpose is a request that failed; and nobody opens one case so often.
            let complaints = tab.complaints().into_iter().filter(|complaint| !["401 ", "403 ", "404 ", "422 ", "429 "].iter().any(|code| complaint.starts_with(code)));
            complaints.chain(faults).for_each(|fault| tab.complain(fault));
        }
        Ok(())
    }

    fn it_fits_a_phone_a_tablet_and_a_wide_screen(stage) {
        at_every_page(stage, Look::phone(), |tab, _| {
            let mut faults = overflow(tab)?;
            faults.extend(axe::faults(tab)?);
            for (width, height) in [(768, 1024), (1920, 1080)] {
                tab.look(Look { width, height, ..Look::default() })?;
                faults.extend(overflow(tab)?);
            }
            tab.look(Look::phone())?;
            Ok(faults.into_iter().collect())
        })
    }

    /// No language of the desk is written so yet; its pages are ready for one.
    fn it_can_be_read_from_right_to_left(stage) {
        const SIDES: &str = "(nav => !nav || nav.getBoundingClientRect().left > document.querySelector('main').getBoundingClientRect().left)(
            document.querySelector('nav.side'))";
        at_every_page(stage, Look::default(), |tab, _| {
            tab.asks("document.documentElement.dir = 'rtl', 0")?;
            let mut faults = overflow(tab)?;
            if tab.asks(SIDES)? != true {
                faults.push("what stands beside the page is on its left".to_owned());
            }
            tab.look(Look::phone())?;
            faults.extend(overflow(tab)?);
            tab.look(Look::default())?;
            Ok(faults)
        })
    }

    fn whoever_is_made_dizzy_by_motion_sees_none(stage) {
        // What a rule lets move when somebody wants it to, ...
        const MOVING: &str = "[...document.querySelectorAll('*')].filter(one => {
            const { transitionDuration, animationDuration } = getComputedStyle(one);
            return [...transitionDuration.split(','), ...animationDuration.split(',')].some(time => parseFloat(time) > 0.01) }).length";
        let tab = stage.somebody(Who::Agent, Look { moves: true, ..Look::default() })?;
        // As a row does that somebody else has changed.
        tab.goes("/cases")?.asks("document.querySelector('tbody tr').classList.add('changed'), 0")?;
        assert!(tab.asks(MOVING)?.as_i64() > Some(0), "nothing moves at all");
        // ... stands still for whoever does not.
        tab.look(Look { moves: false, ..Look::default() })?;
        assert_eq!(tab.asks(MOVING)?, 0);
        Ok(())
    }

    /// Times that are told by their distance are the server's words, whoever tells them last.
    fn scripts_tell_times_as_the_server_does(stage) {
        for look in [Look::default(), Look::default().german()] {
            let tab = stage.somebody(Who::Agent, look)?;
            // How many cases of the demo are due soon or overdue depends on the hour.
            let mut told = 0;
            for path in ["/cases?sort=created_at", "/views/due-soon", "/views/overdue", "/cases/1"] {
                tab.goes(path)?;
                let differing = tab.asks("fetch(location.href).then(answer => answer.text()).then(text => {
                    const said = page => [...page.querySelectorAll('time[data-away]')].map(time => time.textContent);
                    const [server, shown] = [said(new DOMParser().parseFromString(text, 'text/html')), said(document)];
                    return [shown.length, shown.filter((words, at) => words !== server[at]).length] })")?;
                told += differing[0].as_i64().unwrap_or(0);
                // A minute may have passed between the two.
                assert!(differing[1].as_i64() <= Some(1), "{path}: {differing}");
            }
            assert!(told > 20, "{told} times are told");
        }
        Ok(())
    }

    fn it_speaks_german(stage) {
        // The names of types, priorities and teams are a desk's own.
        let named = stage.desk.texts("select type_name from crm_case_types union select priority_name from crm_case_priorities
            union select team_name from crm_teams", Vec::new());
        let english: BTreeSet<String> = english_only().into_iter().filter(|text| !named.contains(text)).collect();
        at_every_page(stage, Look::default().german(), move |tab, spot| {
            let mut faults = Vec::new();
            // The API itself is English.
            if spot.route == "/api/docs" {
                return Ok(faults);
            }
            if tab.asks("document.documentElement.lang")? != "de" {
                faults.push("the page does not say that it is German".to_owned());
            }
            // What people wrote (a subject, a name) is not the desk's to say: it stands in elements with `dir=auto`.
            let said = tab.asks("[...new Set([...document.querySelectorAll('body *, title')].filter(one =>
                    !one.closest('[dir=auto], script, [lang]:not(html)')).flatMap(one => [...one.childNodes]
                        .filter(node => node.nodeType === 3).map(node => node.data)
                        .concat(['placeholder', 'aria-label', 'title', 'alt'].map(name => one.getAttribute(name)))))]
                .map(text => text?.trim().replace(/\\s+/g, ' ')).filter(Boolean)")?;
            let said = said.as_array().into_iter().flatten().filter_map(|text| text.as_str());
            faults.extend(said.filter(|text| english.contains(*text)).map(|text| format!("English: {text}")));
            Ok(faults)
        })
    }
}

/// What the English catalogues say and the German ones do not: whole messages without variables.
fn english_only() -> BTreeSet<String> {
    let messages = |language: &str| -> BTreeSet<String> {
        let folder = format!("{}/../steward/locales/{language}", env!("CARGO_MANIFEST_DIR"));
        let texts = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let lines: Vec<String> =
            texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        let values = lines
            .iter()
            .filter(|line| !line.starts_with(['#', ' ']))
            .filter_map(|line| line.split_once(" = "));
        values.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.contains('{')).collect()
    };
    let (english, german) = (messages("en"), messages("de"));
    assert!(english.len() > 100 && german.len() > 100, "the catalogues are found");
    english.difference(&german).cloned().collect()
}

/// So that a page cannot be forgotten.
#[test]
fn every_page_of_the_route_table_is_looked_at() {
    let known: BTreeSet<&str> = SPOTS.iter().map(|spot| spot.route).chain(NO_PAGES.iter().copied()).collect();
    let pages = steward::http::pages();
    let paths: BTreeSet<&str> = pages
        .iter()
        .filter(|page| page.method == "GET")
        .map(|page| page.path)
        .chain(BESIDE.iter().copied())
        .collect();
    assert_eq!(paths.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "add them to spots.rs");
    assert_eq!(
        known.difference(&paths).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "they are in spots.rs, but not there"
    );
}
