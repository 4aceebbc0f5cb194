//! What search engines are told: which addresses there are, and which are none of theirs.

use std::fmt::Write;

use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::Class;
use sha2::{Digest, Sha256};

use super::super::categories;
use super::{anyone, path_of};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Guest, Reader};
use crate::input::{self, Int};
use crate::web::{self, PageResult, Seat};
use crate::work::Work;

/// Addresses in one file (sitemaps.org).
const PAGE: i64 = 50_000;

crate::input! {
    struct SitemapQuery {
        /// A part of a large one; without it the whole, or the list of its parts.
        page: Option<Int<1, 10_000>>,
    }
}

/// Where this desk is: as configured, else as whoever asks calls it.
fn origin(app: &App, headers: &HeaderMap) -> String {
    if !app.config.public_url.is_empty() {
        return app.config.public_url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let is_host = |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
    format!("http://{}", if is_host(host) { host } else { "" })
}

/// Writes text into XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

type Address = (Option<String>, String, Time);

/// A part of the public articles, in the order of their ids.
fn addresses(work: &mut Work, part: i64) -> Result<Vec<Address>> {
    work.query(
        "select slug, article_number, updated_at from crm_kb_articles
         where is_active and status = 'published' and not is_internal
         order by article_id limit $1 offset $2",
        &[&PAGE, &((part - 1) * PAGE)],
    )
}

fn urls(origin: &str, addresses: &[Address]) -> String {
    let mut xml = String::with_capacity(150 * addresses.len() + 200);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for (slug, number, updated_at) in addresses {
        let path = path_of(slug.as_deref().unwrap_or(&number.to_lowercase()));
        let place = escaped(&format!("{origin}{path}"));
        let _ = writeln!(xml, "<url><loc>{place}</loc><lastmod>{updated_at}</lastmod></url>");
    }
    xml.push_str("</urlset>\n");
    xml
}

fn parts(origin: &str, parts: i64) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for part in 1..=parts {
        let place = escaped(&format!("{origin}/sitemap.xml?page={part}"));
        let _ = writeln!(xml, "<sitemap><loc>{place}</loc></sitemap>");
    }
    xml.push_str("</sitemapindex>\n");
    xml
}

/// How many parts so many articles make.
fn parts_of(total: i64) -> i64 {
    ((total + PAGE - 1) / PAGE).max(1)
}

pub async fn show(seat: Seat<Reader>, headers: HeaderMap, RawQuery(query): RawQuery) -> PageResult {
    let text = web::given(&query.unwrap_or_default(), |name| name == "page");
    let SitemapQuery { page } = input::from_query(&text)?;
    let origin = origin(&seat.app, &headers);
    let anyone = anyone(&seat);
    let read = anyone.read(Class::Slow, move |work| {
        let total = parts_of(categories::count(work, None, false)?);
        Ok(match page {
            None if total > 1 => parts(&origin, total),
            None => urls(&origin, &addresses(work, 1)?),
            Some(Int(part)) if part <= total => urls(&origin, &addresses(work, part)?),
            Some(_) => return Err(Error::NotFound("part of the sitemap")),
        })
    });
    let xml = read.await?;
    let mark: String = Sha256::digest(&xml).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Ok(unless_known(&headers, &format!("\"{mark}\""), "application/xml; charset=utf-8", xml))
}

/// 304 for whoever has it.
fn unless_known(headers: &HeaderMap, mark: &str, kind: &'static str, text: String) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == mark);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], text).into_response()
    };
    if let Ok(mark) = HeaderValue::try_from(mark) {
        response.headers_mut().insert(header::ETAG, mark);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Search engines read the help centre and nothing else.
pub async fn robots(seat: Seat<Guest>, headers: HeaderMap) -> PageResult {
    let sitemap = format!("{}/sitemap.xml", origin(&seat.app, &headers));
    let text = format!(
        "User-agent: *\nAllow: /help\nDisallow: /help/search\nAllow: /assets/\nAllow: /sitemap.xml\n\
         Disallow: /portal\nDisallow: /survey\nDisallow: /\n\nSitemap: {sitemap}\n"
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_help_centre_has_a_list_of_its_parts() {
        assert_eq!(parts_of(0), 1);
        assert_eq!(parts_of(50_000), 1);
        assert_eq!(parts_of(50_001), 2);
        let list = parts("https://desk.example", 2);
        assert!(list.contains("<loc>https://desk.example/sitemap.xml?page=2</loc>"), "{list}");
        let addresses =
            [(Some("größe".to_owned()), "KB-000001".to_owned(), Time::from_millis(1_000_000_000_000))];
        let urls = urls("https://desk.example/a&b", &addresses);
        assert!(
            urls.contains("<loc>https://desk.example/a&amp;b/help/articles/gr%C3%B6%C3%9Fe</loc><lastmod>2001-09-09T01:46:40.000Z"),
            "{urls}"
        );
    }
}
