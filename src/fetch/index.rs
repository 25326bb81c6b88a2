//! The models of an organisation.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    http::{Http, malformed},
    reference::RepoId,
    settings::HubSettings,
};
use crate::error::{Error, HubError};

/// Most models, and most pages of the list.
const MOST: usize = 20_000;
const MAX_PAGES: usize = 400;

/// The names `org/name` of all models of a user or an organisation, in the order of their names.
///
/// # Errors
/// [`HubError`] if the hub does not tell, or tells of models of others.
pub fn index(org: &str, settings: &HubSettings) -> Result<Vec<String>, Error> {
    if settings.offline {
        let cache = settings.cache.display().to_string();
        return Err(HubError::NotCached { name: format!("{org}/*"), cache }.into());
    }
    let http = Http::new(settings)?;
    let mut url = http.url(["api", "models"]);
    url.query_pairs_mut().append_pair("author", org).append_pair("limit", "1000");
    let (mut names, mut next) = (BTreeSet::new(), Some(url));
    for _ in 0..MAX_PAGES {
        let Some(url) = next else { return Ok(names.into_iter().collect()) };
        let (page, rest) = http.json(&url)?;
        let Value::Array(page) = page else { return Err(malformed(&url, "it is not a list".into()).into()) };
        for entry in &page {
            let name = entry.get("id").and_then(Value::as_str).and_then(RepoId::parse);
            let Some(name) = name.filter(|name| name.org().eq_ignore_ascii_case(org)) else {
                return Err(malformed(&url, format!("an entry is no model of `{org}`")).into());
            };
            names.insert(name.to_string());
        }
        if names.len() > MOST {
            return Err(malformed(&url, format!("it lists more than {MOST} models")).into());
        }
        next = rest;
    }
    match next {
        Some(url) => Err(malformed(&url, format!("the list has more than {MAX_PAGES} pages")).into()),
        None => Ok(names.into_iter().collect()),
    }
}
