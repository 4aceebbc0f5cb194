//! What customers meet with scripts: answers while they search, and while they write what the matter is.

use browser::Look;

use crate::spots::Who;

in_the_demo! {
    fn the_help_centre_finds_while_somebody_types(stage) {
        let tab = stage.tab(Look::phone())?;
        tab.goes("/help")?.types("[data-suggests]", "export")?.until_seen("[data-hits] a[href^='/help/articles/']")?;
        assert!(!tab.sees("[data-rest]")?, "what is found takes the place of all else");
        assert_eq!(tab.path()?, "/help");
        tab.types("[data-suggests]", "zyxwvut")?.until_seen("[data-hits] .empty")?;
        tab.asks("document.querySelector('[data-suggests]').value = '', document.querySelector('[data-suggests]').dispatchEvent(new Event('input', { bubbles: true })), 0")?;
        tab.until_seen("[data-rest]")?.until_gone("[data-hits]")?;
        // A search in which somebody ended, and that found nothing, is worth knowing.
        tab.types("[data-suggests]", "zyxwvut")?.until_seen("[data-hits] .empty")?.presses("Tab")?;
        tab.until_answered("/help/search")?;
        let lead = stage.somebody(Who::Manager, Look::default())?;
        lead.goes("/knowledge/insights")?.until_said("zyxwvut")?;
        Ok(())
    }

    fn the_contact_form_offers_articles(stage) {
        let tab = stage.tab(Look::phone())?;
        tab.goes("/contact")?.types("[name=subject]", "How do I export my data?")?;
        tab.until_seen(".suggested a[href^='/help/articles/']")?;
        tab.types("[name=description]", "I want it all.")?;
        assert_eq!(tab.asks("document.querySelector('[name=subject]').value")?, "How do I export my data?");
        Ok(())
    }

    fn an_article_is_voted_for_once(stage) {
        let tab = stage.tab(Look::phone())?;
        let article = stage.filled("/help/articles/{article}");
        tab.goes(&article)?.types("#feedback textarea", "Clear!")?.follows("#feedback [value=true]")?;
        assert!(tab.text("#feedback")?.contains("Thank you"), "{}", tab.text("#feedback")?);
        tab.goes(&article)?;
        assert!(!tab.sees("#feedback [value=true]")?, "folded away");
        Ok(())
    }

    fn an_article_is_seen_while_it_is_written(stage) {
        let tab = stage.somebody(Who::Manager, Look::default())?;
        tab.goes("/knowledge/new")?.types("form.editor [name=title]", "Tea")?;
        tab.types("form.editor [name=content]", "# Boil\n\nWater is **hot**.")?.until_seen("[data-preview] strong")?;
        assert_eq!(tab.text("[data-preview] strong")?, "hot");
        // It survives whatever happens to the page.
        tab.until("Object.keys(localStorage).some(key => key.startsWith('article:'))")?.goes("/knowledge/new")?.until_seen(".unsaved button")?;
        tab.clicks(".unsaved button")?.until("document.querySelector('form.editor [name=title]').value === 'Tea'")?;
        Ok(())
    }
}
