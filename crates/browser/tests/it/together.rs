//! Two agents at once: each sees that the other is there, what the other does, and no change is lost.

use browser::Look;
use serde_json::json;

on_a_desk! {
    fn somebody_elses_work_appears_by_itself(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Shared", "priority_id": 2 }));
        let (hers, his) = (stage.tab_of(&ana, Look::default())?, stage.tab_of(&ben, Look::default())?);
        let path = format!("/cases/{case}");
        hers.goes(&path)?;
        his.goes(&path)?;
        hers.until("document.querySelector('#present').innerText.includes('Ben')")?;
        his.until("document.querySelector('#present').innerText.includes('Ana')")?;
        his.types("#comment_text", "I have looked into it.")?;
        hers.until("document.querySelector('#present .typing') !== null")?;
        his.clicks("#send button[name=status]")?;
        hers.until_said("I have looked into it.")?;
        // What she was writing is still there, and so is she.
        hers.reloads()?.types("#comment_text", "Half a sen")?;
        his.chooses("[data-field=priority_id]", "High")?;
        hers.until("document.querySelector('#case-head .priority').innerText === 'High'")?;
        assert_eq!(hers.asks("document.querySelector('#comment_text').value")?, "Half a sen");
        assert_eq!(hers.asks("document.activeElement.id")?, "comment_text");
        his.goes("/views/open")?;
        hers.until("!document.querySelector('#present').innerText.includes('Ben')")?;
        Ok(())
    }

    fn a_change_that_collides_is_shown_and_not_overwritten(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Shared", "priority_id": 1 }));
        let plain = stage.tab_of(&ana, Look::default().without_scripts())?;
        plain.goes(&format!("/cases/{case}"))?;
        ben.put(&format!("/api/crm/cases/{case}"), json!({ "priority_id": 4 })).ok();
        plain.chooses("[data-field=priority_id]", "Medium")?.follows("text=Save")?;
        assert!(plain.says("Nothing was saved")?);
        assert_eq!(plain.complaints().len(), 1, "409 is the answer");
        assert_eq!(ben.case(case)["priority_id"], 4);
        Ok(())
    }

    fn a_field_that_both_change_is_shown_with_both_values(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Shared", "priority_id": 1, "tags": ["paper"] }));
        let path = format!("/api/crm/cases/{case}");
        let tab = stage.tab_of(&ana, Look::default())?;
        let version = "document.querySelector('#case-head').dataset.version";
        tab.goes(&format!("/cases/{case}"))?.until_answered("/api/crm/support/live")?;
        for (choice, his, tags) in [("theirs", "ink", "ink"), ("yours", "wire", "toner")] {
            tab.types("[data-field=tags]", "toner")?;
            let before = tab.asks(version)?;
            ben.put(&path, json!({ "tags": [his] })).ok();
            // The page knows of it, and what she types stays.
            tab.until(&format!("{version} !== {before}"))?;
            assert_eq!(tab.asks("document.querySelector('[data-field=tags]').value")?, "toner");
            tab.presses("Tab")?.until_seen(".conflict")?;
            assert_eq!(tab.complaints(), [format!("412 for {}{path}", stage.base())]);
            assert_eq!(ana.case(case)["tags"], json!([his]), "nothing is overwritten");
            assert!(tab.text(".conflict")?.contains(his) && tab.text(".conflict")?.contains("toner"));
            let button = if choice == "theirs" { "button" } else { "button:last-of-type" };
            tab.clicks(&format!(".conflict {button}"))?.until_gone(".conflict")?;
            if choice == "yours" {
                tab.until_seen(".fields .saved")?;
            }
            assert_eq!(ana.case(case)["tags"], json!([tags]));
            tab.until(&format!("document.querySelector('[data-field=tags]').value === '{tags}'"))?;
        }
        // Another field than the one that she changes does not matter.
        tab.types("[data-field=tags]", "cable")?;
        let before = tab.asks(version)?;
        ben.put(&path, json!({ "priority_id": 3 })).ok();
        tab.until(&format!("{version} !== {before}"))?.presses("Tab")?.until_seen(".fields .saved")?;
        assert_eq!((&ana.case(case)["tags"], &ana.case(case)["priority_id"]), (&json!(["cable"]), &json!(3)));
        assert_eq!(tab.complaints().len(), 1, "412, and then it is saved over what he changed elsewhere");
        Ok(())
    }

    fn a_field_that_somebody_has_changed_shows_what_others_make_of_it(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Shared", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.until_answered("/api/crm/support/live")?;
        let shown = "document.querySelector('[data-field=priority_id]').selectedOptions[0].label";
        tab.chooses("[data-field=priority_id]", "Low")?.until_seen(".fields .saved")?;
        assert_eq!(tab.asks("document.activeElement.name")?, "priority_id");
        ben.put(&format!("/api/crm/cases/{case}"), json!({ "priority_id": 3 })).ok();
        tab.until(&format!("{shown} === 'High'"))?;
        // What she now chooses is her answer to that.
        tab.chooses("[data-field=priority_id]", "Low")?.until("document.querySelector('#case-head .priority').innerText === 'Low'")?;
        assert!(!tab.sees(".conflict")?);
        assert_eq!(ana.case(case)["priority_id"], 1);
        // Nor is her own change somebody else's if she makes another before the page has been read anew.
        tab.asks("window.ask = window.fetch, window.fetch = (address, ...more) => /now/.test(address) ? new Promise(() => {}) : ask(address, ...more), 0")?;
        for choice in ["Medium", "High"] {
            let before = tab.asks("document.querySelector('#case-head').dataset.version")?;
            tab.chooses("[data-field=priority_id]", choice)?;
            tab.until(&format!("document.querySelector('#case-head').dataset.version !== {before}"))?;
        }
        assert_eq!(ana.case(case)["priority_name"], "High");
        assert!(!tab.sees(".conflict")?);
        Ok(())
    }

    fn a_quick_change_that_collides_shows_what_is_there_now(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Shared", "priority_id": 1 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/open")?.presses("j")?.presses("e")?.until_seen("dialog[open] [name=priority_id]")?;
        tab.chooses("dialog [name=priority_id]", "High")?;
        ben.put(&format!("/api/crm/cases/{case}"), json!({ "priority_id": 4, "owner_id": ben.id })).ok();
        tab.clicks("dialog .actions button")?.until_seen("dialog .refusal")?;
        assert_eq!(tab.complaints().len(), 1, "409");
        let said = tab.text("dialog .refusal")?;
        assert!(said.contains("Priority: Critical") && !said.contains("Owner"), "{said}");
        // What she chose stands, the rest is as he left it.
        let chosen = |name: &str| tab.asks(&format!("document.querySelector('dialog [name={name}]').selectedOptions[0].label"));
        assert_eq!((chosen("priority_id")?, chosen("owner_id")?), (json!("High"), json!("Ben")));
        assert_eq!(ana.case(case)["priority_id"], 4, "nothing is overwritten yet");
        tab.clicks("dialog .actions button")?.until_gone("dialog[open]")?;
        assert_eq!((&ana.case(case)["priority_id"], &ana.case(case)["owner_id"]), (&json!(3), &json!(ben.id)));
        Ok(())
    }

    fn a_notification_is_announced_and_read_by_being_followed(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "Watched", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/notifications")?.until_answered("/api/crm/support/live")?;
        ben.put(&format!("/api/crm/cases/{case}"), json!({ "owner_id": ana.id })).ok();
        stage.desk.tick();
        tab.until_seen("#news a")?.follows("#news a")?.until_seen("li.unread a")?;
        assert_eq!(tab.text("[data-unread]")?, "1");
        tab.follows("li.unread a")?;
        assert_eq!(tab.path()?.split('#').next(), Some(format!("/cases/{case}").as_str()));
        tab.goes("/notifications")?;
        assert!(!tab.sees("li.unread")?);
        Ok(())
    }

    /// What five hundred comments look like: the beginning, the end, and a way to what is between.
    fn a_conversation_of_five_hundred_comments_is_a_page_as_well(stage) {
        let ana = stage.desk.agent("Ana");
        let case = ana.opens(json!({ "subject": "Endless", "priority_id": 2 }));
        stage.desk.execute(&format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
             insert into crm_case_comments (case_id, comment_text, is_internal, created_by, created_at)
             select {case}, 'Comment number ' || i, i % 3 = 0, {}, '{}' from n",
            ana.id,
            stage.desk.clock.now()
        ));
        for look in [Look::default(), Look::phone()] {
            let tab = stage.tab_of(&ana, look)?;
            tab.goes(&format!("/cases/{case}"))?;
            assert!(tab.says("Comment number 1\n")? || tab.says("Comment number 500")?);
            let shown = tab.asks("document.querySelectorAll('#thread .comment').length")?.as_i64().unwrap_or(0);
            assert!((10..200).contains(&shown), "{shown} at once");
            assert_eq!(tab.asks(crate::every_page::OVERFLOW)?, "");
            assert_eq!(crate::axe::faults(&tab)?, Vec::<String>::new());
            // What is between comes when it is asked for, into the same page.
            tab.clicks("[data-gap]")?.until(&format!("document.querySelectorAll('#thread .comment').length > {shown}"))?;
        }
        Ok(())
    }

    fn the_list_follows_what_others_do(stage) {
        let (ana, ben) = (stage.desk.agent("Ana"), stage.desk.agent("Ben"));
        let case = ana.opens(json!({ "subject": "First", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes("/views/open")?.until_answered("/api/crm/support/live")?;
        ben.sets(case, "open").ok();
        tab.until(&format!("document.querySelector('#case-{case} .status').innerText === 'Open'"))?;
        ben.opens(json!({ "subject": "Second", "priority_id": 2 }));
        tab.until("document.querySelector('#news').innerText !== ''")?.clicks("#news a")?.until_seen("text=Second")?;
        tab.until("document.querySelector('[data-count=open]').innerText === '2'")?;
        Ok(())
    }
}
