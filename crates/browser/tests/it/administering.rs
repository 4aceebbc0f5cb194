//! The administration is all scripts: what its forms say, the desk does.

use browser::{Look, Result, Tab};
use serde_json::json;

use crate::spots::Who;

/// Chooses a file in a field.
fn brings(tab: &Tab, field: &str, name: &str, bytes: &[u8]) -> Result<()> {
    tab.asks_of(
        field,
        &format!(
            "(data => {{ data.items.add(new File([new Uint8Array({})], {})); it.files = data.files;
                return it.dispatchEvent(new Event('change', {{ bubbles: true }})) }})(new DataTransfer())",
            json!(bytes),
            json!(name)
        ),
    )?;
    Ok(())
}

in_the_demo! {
    fn what_is_written_elsewhere_on_a_page_stays_when_one_form_is_saved(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        let lead = stage.desk.bearer(&stage.desk.token(&stage.email_of("manager")));
        tab.goes("/administration/surveys/1")?;
        let first = "details.question:first-of-type";
        tab.clicks(&format!("{first} summary"))?.types(&format!("{first} [name=question_text]"), "How was it?")?;
        tab.types("[name=survey_name]", "Half a na")?;
        tab.clicks(&format!("{first} form button"))?.until_seen(".toasts")?;
        assert!(tab.text(".toasts")?.contains("How was it? was saved."), "{}", tab.text(".toasts")?);
        assert_eq!(tab.text(&format!("{first} summary"))?, "How was it?");
        assert_eq!(tab.asks("document.querySelector('[name=survey_name]').value")?, "Half a na");
        // A question of another kind is added; the form is empty then.
        let add = "details.question:last-of-type";
        tab.clicks(&format!("{add} summary"))?.types(&format!("{add} [name=question_text]"), "Which?")?;
        tab.chooses(&format!("{add} [name=question_type]"), "multiple_choice")?.types(&format!("{add} [name=choices]"), "One\nTwo")?;
        tab.clicks(&format!("{add} form button"))?.until_said("Which? was added.")?;
        assert_eq!(tab.asks(&format!("document.querySelector('{add} [name=question_text]').value"))?, "");
        assert!(!tab.sees(&format!("{add} [name=choices]"))?, "only where it is asked for");
        assert_eq!(tab.asks("document.querySelector('[name=survey_name]').value")?, "Half a na");
        // Saved by somebody else meanwhile, what was begun before is a conflict and no overwriting.
        let survey = lead.get("/api/crm/surveys/1").ok()["survey"].clone();
        lead.put("/api/crm/surveys/1", json!({ "survey_name": "Theirs", "quiet_days": survey["quiet_days"] })).ok();
        tab.clicks(&format!("{first} summary"))?;
        tab.clicks(&format!("{first} form button"))?.until("document.querySelectorAll('.toasts > *').length > 1")?;
        tab.clicks("form[data-api='PUT /api/crm/surveys/1'] .actions button")?.until_seen(".refusal")?;
        assert_eq!(lead.get("/api/crm/surveys/1").ok()["survey"]["survey_name"], "Theirs");
        assert_eq!(tab.complaints().len(), 1, "412");
        Ok(())
    }

    fn a_week_is_drawn_as_it_is_written(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        let drawn = "[...document.querySelectorAll('.day-row:has(#day-mon) .open')].map(bar => [bar.getAttribute('x'), bar.getAttribute('width')].join(' '))";
        tab.goes("/administration/calendars/1")?;
        let by_server = tab.asks(drawn)?;
        let hours = tab.asks("document.querySelector('#day-mon').value")?;
        tab.types("#day-mon", "8-12, 13:30-17")?;
        assert_eq!(tab.asks(drawn)?, json!(["480 240", "810 210"]));
        tab.types("#day-mon", "8-")?;
        assert_eq!(tab.asks(drawn)?, json!([]));
        tab.types("#day-sun", "22-6")?;
        assert_eq!(tab.asks(drawn)?, json!(["0 360"]), "the end of a night");
        tab.types("#day-sun", "x")?;
        tab.types("#day-mon", hours.as_str().unwrap_or_default())?;
        assert_eq!(tab.asks(drawn)?, by_server, "as the server draws it");
        Ok(())
    }

    fn an_import_says_what_was_not_read(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Works outing\r\nDTSTART;VALUE=DATE:20270611\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nSUMMARY:Odd\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        tab.goes("/administration/calendars/1")?;
        brings(&tab, "[data-fills=ics]", "days.ics", ics.as_bytes())?;
        tab.until("document.querySelector('#ics').value !== ''")?.clicks("[data-imported] button")?.until_seen("#imported p")?;
        let said = tab.text("#imported")?;
        assert!(said.contains("Added: 1.") && said.contains("Odd:") && said.contains("Not read"), "{said}");
        tab.until("document.body.innerText.includes('Works outing') || [...document.querySelectorAll('textarea')].some(one => one.value.includes('Works outing'))")?;
        Ok(())
    }

    fn a_change_of_a_policy_is_seen_before_it_is_saved(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        tab.goes("/administration/policies/1")?.clicks("[data-add=warnings]")?;
        tab.types("#warnings li:last-child [name=number]", "37")?.clicks("[data-preview]")?.until_seen("#preview")?;
        assert!(!tab.text("#preview")?.is_empty());
        assert_eq!(tab.asks("document.activeElement.id")?, "preview");
        tab.follows(".stack .actions button:not([type=button])")?;
        assert!(tab.text(".toasts")?.contains("was saved."));
        let lead = stage.desk.bearer(&stage.desk.token(&stage.email_of("manager")));
        let policy = lead.get("/api/crm/sla-policies/1").ok()["sla_policy"].clone();
        assert!(policy["warnings"].to_string().contains("37"), "{policy}");
        Ok(())
    }

    fn rules_have_the_order_that_they_were_given(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        let lead = stage.desk.bearer(&stage.desk.token(&stage.email_of("manager")));
        for name in ["First", "Second"] {
            lead.post("/api/crm/assignment-rules", json!({ "rule_name": name, "team_id": 1 })).created();
        }
        let names = || -> Vec<String> {
            let rules = lead.get("/api/crm/assignment-rules").ok()["assignment_rules"].clone();
            rules.as_array().unwrap().iter().map(|rule| rule["rule_name"].as_str().unwrap().to_owned()).collect()
        };
        let before = names();
        tab.goes("/administration/routing")?.clicks("[aria-label='Move Second up']")?.until_seen("[data-when-moved] button")?;
        tab.clicks("[data-when-moved] button")?.until_seen(".toasts")?.until_gone("[data-when-moved]")?;
        let mut wanted = before;
        let at = wanted.iter().position(|name| name == "Second").unwrap();
        wanted.swap(at, at - 1);
        assert_eq!(names(), wanted);
        // Conditions of a new rule: what was ticked and who was picked.
        tab.goes("/administration/routing/new")?.types("[name=rule_name]", "Urgent ones")?.chooses("[name=team_id]", "1")?;
        tab.asks_of("label:has([name='conditions.priority_ids'][value='4'])", "(it.closest('details')?.setAttribute('open', ''), 0)")?;
        tab.clicks("label:has([name='conditions.priority_ids'][value='4'])")?.follows(".stack > .actions button")?;
        assert_eq!(tab.path()?, "/administration/routing");
        assert!(names().contains(&"Urgent ones".to_owned()));
        Ok(())
    }

    fn a_token_is_shown_once(stage) {
        let tab = stage.somebody(Who::Admin, Look::default())?;
        tab.goes("/administration/tokens/new")?.types("[name=token_name]", "Nightly report")?;
        tab.asks_of("[name=user_id]", "(it.value = it.options[1].value, 0)")?;
        tab.clicks(".stack .actions button")?.until_seen("#made [data-secret]")?;
        let secret = tab.text("#made [data-secret]")?;
        assert!(secret.starts_with("stw_"), "{secret}");
        stage.desk.bearer(&secret).get("/api/crm/cases").status(200);
        tab.follows("#made a.button")?;
        assert!(tab.says("Nightly report")? && !tab.says(&secret)?);
        // Revoked, it lets nobody in.
        tab.agrees_once().clicks("[aria-label='Revoke Nightly report']")?.until_said("Nightly report was removed.")?;
        stage.desk.bearer(&secret).get("/api/crm/cases").status(401);
        Ok(())
    }

    fn the_desk_looks_as_it_was_told(stage) {
        let tab = stage.somebody(Who::Admin, Look::default())?;
        let dot = [
            137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 31, 21, 196, 137, 0,
            0, 0, 13, 73, 68, 65, 84, 120, 156, 99, 248, 255, 255, 255, 127, 0, 9, 251, 3, 253, 5, 67, 69, 202, 0, 0, 0, 0, 73, 69, 78,
            68, 174, 66, 96, 130,
        ];
        tab.goes("/administration/branding")?.types("[name=desk_name]", "Kettle Care")?.types("[name=colour]", "#aa2244")?;
        brings(&tab, "[data-fills=logo]", "logo.png", &dot)?;
        tab.until("document.querySelector('#logo').value !== ''")?.follows(".stack .actions button")?.until_seen(".toasts")?;
        assert!(tab.text("nav.side")?.contains("Kettle Care"));
        assert!(tab.sees("nav.side img")? && tab.sees(".logo-shown img")?);
        Ok(())
    }

    fn a_customers_details_say_that_they_were_saved(stage) {
        let tab = stage.somebody(Who::Agent, Look::default())?;
        tab.goes("/customers")?.follows("main table a")?;
        let path = tab.path()?;
        tab.types("[name=phone]", "+49 30 1234")?.clicks(".panel .actions button")?.until_seen(".toasts")?;
        assert_eq!(tab.path()?, path);
        tab.reloads()?;
        assert_eq!(tab.asks("document.querySelector('[name=phone]').value")?, "+49 30 1234");
        Ok(())
    }
}
