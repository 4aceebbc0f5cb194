//! Without scripts: an agent's day, and everything that a customer does.

use browser::Look;
use serde_json::json;

use crate::spots::Who;
use crate::stage::Stage;

const PASSWORD: &str = "correct horse battery";

/// Ana, an agent with a password.
fn ana(stage: &Stage) {
    let draft = json!({ "name": "Ana", "email": "ana@example.com", "role": "agent", "password": PASSWORD });
    stage.desk.admin().post("/api/crm/users", draft).created();
}

on_a_desk! {
    fn an_agent_works_without_scripts(stage) {
        ana(stage);
        let tab = stage.tab(Look::default().without_scripts())?;
        tab.goes("/cases")?;
        assert!(tab.path()?.starts_with("/sign-in?next="));
        tab.types("[name=email]", "ana@example.com")?.types("[name=password]", PASSWORD)?.follows("text=Sign in")?;
        assert_eq!(tab.path()?, "/cases");
        tab.follows("text=New case")?;
        tab.types("[name=subject]", "The printer is on fire")?.types("[name=description]", "It burns.")?;
        tab.chooses("[name=priority_id]", "High")?.follows("text=Open case")?;
        assert_eq!(tab.text("h1")?, "The printer is on fire");
        tab.types("[name=comment_text]", "Use water.")?.clicks("[popovertarget=send-menu]")?.follows("#send-menu [value=pending]")?;
        assert!(tab.says("Use water.")?);
        assert_eq!(tab.text("#case-head .status")?, "Pending");
        tab.chooses("#properties [name=status]", "in_progress")?.follows("text=Save")?;
        assert_eq!(tab.text("#case-head .status")?, "In progress");
        tab.goes("/cases?search=printer")?;
        assert!(tab.says("The printer is on fire")?);
        tab.follows("text=Sign out")?.goes("/cases")?;
        assert!(tab.path()?.starts_with("/sign-in"));
        Ok(())
    }
}

in_the_demo! {
    fn a_customer_does_everything_without_scripts(stage) {
        let plain = Look::phone().without_scripts();
        let (stranger, customer) = (stage.tab(plain)?, stage.somebody(Who::Customer, plain)?);
        // Searching, reading, voting.
        stranger.goes("/help")?.types("[name=search]", "export")?.presses_on("Enter")?.follows("main li a[href^='/help/articles/']")?;
        stranger.types("#feedback textarea", "Clear!")?.follows("#feedback [value=true]")?;
        assert!(stranger.text("#feedback")?.contains("Thank you"));
        // A stranger writes.
        stranger.goes("/contact")?.types("[name=name]", "Nora New")?.types("[name=email]", "nora@example.net")?;
        stranger.types("[name=subject]", "The kettle whistles")?.types("[name=description]", "All day.")?.follows("form.stack .actions button")?;
        assert_eq!(stage.desk.number("select count(*) from crm_cases where subject = 'The kettle whistles'"), 1);
        // A customer opens a case, replies, says that it is solved, and opens it again.
        customer.goes("/portal/new")?.types("[name=subject]", "The lid is stuck")?.types("[name=description]", "It will not open.")?;
        customer.follows("form.stack .actions button")?;
        let own = customer.path()?;
        assert!(own.starts_with("/portal/cases/"), "{own}");
        customer.types("[name=comment_text]", "I have tried oil.")?.follows("text=Send")?;
        assert!(customer.says("I have tried oil.")?);
        let case: i64 = own.rsplit('/').next().and_then(|id| id.split('#').next()).and_then(|id| id.parse().ok()).expect("a case's number");
        let status = || stage.desk.texts(&format!("select status from crm_cases where case_id = {case}"), Vec::new()).remove(0);
        customer.follows("button[name=status][value=resolved]")?;
        assert_eq!(status(), "resolved");
        customer.types("[name=comment_text]", "It is stuck again.")?.follows("form:has([name=comment_text]) .actions button")?;
        assert_ne!(status(), "resolved");
        // A rating: nothing is stored before it is sent.
        customer.goes(&stage.filled("/portal/cases/{unrated}/rating"))?;
        let answers = || stage.desk.number("select count(*) from crm_survey_responses");
        let before = answers();
        customer.clicks("fieldset:nth-of-type(1) label:has([value='4'])")?;
        assert_eq!(answers(), before);
        customer.follows(".survey button")?;
        assert!(answers() > before, "{}", customer.text("main")?);
        Ok(())
    }
}
