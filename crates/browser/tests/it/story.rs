//! What a newcomer does in the demo without having read anything: a case is opened, answered, resolved, rated by its
//! customer, and seen on the dashboard.

use browser::{Look, Result, Tab};

/// A figure at a glance, such as how many cases were resolved.
fn figure(tab: &Tab, what: &str) -> Result<f64> {
    let said = tab.asks(&format!(
        "[...document.querySelectorAll('.tile')].find(one => one.querySelector('dt').innerText === '{what}').querySelector('.value').innerText"
    ))?;
    Ok(said.as_str().unwrap_or_default().replace(',', "").parse().unwrap())
}

in_the_demo! {
    fn a_newcomer_sees_a_case_from_its_opening_to_the_dashboard(stage) {
        let (lead, customer) = (stage.tab(Look::default())?, stage.tab(Look::phone())?);
        lead.goes("/")?.follows("text=Team lead")?.goes("/dashboard")?;
        let (created, resolved) = (figure(&lead, "Created")?, figure(&lead, "Resolved")?);

        customer.goes("/sign-in")?.follows("text=Customer")?;
        assert_eq!(customer.path()?, "/portal");
        customer.follows("text=New case")?;
        customer.types("[name=subject]", "The kettle does not boil")?.types("[name=description]", "It stays cold.")?;
        customer.follows("text=Open the case")?;
        assert!(customer.says("Received")?);
        let own = customer.path()?;

        lead.goes("/cases?search=kettle")?.follows("text=The kettle does not boil")?;
        lead.types("#comment_text", "Is it **plugged in**?")?.clicks("#send button[name=status]")?;
        lead.until_said("Is it plugged in?")?;
        lead.chooses("[data-field=status]", "Resolved")?.until("document.querySelector('#case-head .status').innerText === 'Resolved'")?;

        customer.goes(&own)?;
        assert!(customer.says("Is it plugged in?")? && customer.says("Solved")?);
        customer.follows("text=Rate our help")?;
        let of_question = |number: u32, value: &str| format!("fieldset:nth-of-type({number}) label:has([value='{value}'])");
        customer.clicks(&of_question(1, "5"))?.clicks(&of_question(2, "yes"))?.follows(".survey button")?;
        assert!(customer.says("You rated our help 5 of 5.")?, "{}", customer.text("main")?);

        stage.desk.later(1);
        lead.goes("/dashboard")?;
        assert_eq!((figure(&lead, "Created")?, figure(&lead, "Resolved")?), (created + 1.0, resolved + 1.0));
        lead.goes(&own.replace("/portal", ""))?;
        assert!(lead.says("rated 5 of 5")? || lead.says("Rating")?, "{}", lead.text("main")?);
        Ok(())
    }

    fn a_newcomer_opens_a_case_for_somebody_who_called(stage) {
        let agent = stage.tab(Look::default())?;
        agent.goes("/")?.follows("text=Agent")?.follows("text=New case")?;
        agent.types("#customer", "an")?.until_seen(".combo [role=option]")?.presses("ArrowDown")?.presses("Enter")?;
        assert_ne!(agent.asks("document.querySelector('[name=contact_id]').value")?, "");
        agent.types("[name=subject]", "Called about an invoice")?.follows("text=Open case")?;
        assert_eq!(agent.text("h1")?, "Called about an invoice");
        Ok(())
    }
}
