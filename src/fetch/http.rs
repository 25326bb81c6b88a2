//! Requests to a hub: bounded in time, in size and in number, with the token for nobody else.

use std::{io::Read, ops::Range, thread, time::Duration};

use reqwest::{
    Url,
    blocking::{Client, Response},
    header::{CONTENT_RANGE, HeaderMap, LINK, RANGE, RETRY_AFTER},
};
use serde_json::Value;

use super::settings::HubSettings;
use crate::error::HubError;

/// A connection to one hub.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    endpoint: Url,
    settings: HubSettings,
}

impl Http {
    pub(super) fn new(settings: &HubSettings) -> Result<Self, HubError> {
        let endpoint = endpoint(&settings.endpoint)?;
        let client = Client::builder()
            .user_agent(concat!("declass/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.timeout)
            .timeout(settings.timeout)
            // Names of private repositories are nobody else's business.
            .referer(false)
            // Whoever asks over TLS is not sent on to a place without.
            .https_only(endpoint.scheme() == "https")
            .build()
            .map_err(connection(&endpoint))?;
        Ok(Self { client, endpoint, settings: settings.clone() })
    }

    /// An address below the endpoint; each part is encoded, so that none can be more than one part.
    pub(super) fn url<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        // Addresses without parts are refused when the endpoint is read.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    /// A JSON answer of at most [`MAX_JSON`] bytes, and where the list goes on.
    pub(super) fn json(&self, url: &Url) -> Result<(Value, Option<Url>), HubError> {
        retrying(|| {
            let response = self.send(url, None)?;
            let next = next_page(response.headers());
            let mut bytes = Vec::new();
            response.take(MAX_JSON + 1).read_to_end(&mut bytes).map_err(connection(url))?;
            if bytes.len() as u64 > MAX_JSON {
                return Err(malformed(url, format!("it has more than {MAX_JSON} bytes")));
            }
            let value = serde_json::from_slice(&bytes).map_err(|error| malformed(url, error.to_string()))?;
            let next = next.map(|next| self.same_server(url, &next)).transpose()?;
            Ok((value, next))
        })
    }

    /// A file from a byte on, and whether the server follows: some send all of it whatever they are asked.
    pub(super) fn file(&self, url: &Url, from: u64, size: u64) -> Result<(Response, bool), HubError> {
        if from == 0 {
            return Ok((self.send(url, None)?, true));
        }
        let response = self.send(url, Some(&(from..size)))?;
        let partial = response.status() == 206;
        if partial {
            require_range(url, response.headers(), &(from..size), size)?;
        }
        Ok((response, partial))
    }

    /// A range of a file of known size, whole.
    pub(super) fn range(&self, url: &Url, range: Range<u64>, size: u64) -> Result<Vec<u8>, HubError> {
        retrying(|| {
            let response = self.send(url, Some(&range))?;
            if response.status() != 206 {
                return Err(malformed(url, "the server sends no parts of files".into()));
            }
            require_range(url, response.headers(), &range, size)?;
            let mut bytes = Vec::new();
            response.take(range.end - range.start).read_to_end(&mut bytes).map_err(connection(url))?;
            if bytes.len() as u64 == range.end - range.start {
                Ok(bytes)
            } else {
                Err(malformed(url, "the part is shorter than it says".into()))
            }
        })
    }

    /// One request; redirects are followed, without the token where they lead to another server.
    fn send(&self, url: &Url, range: Option<&Range<u64>>) -> Result<Response, HubError> {
        let mut request = self.client.get(url.clone());
        if let Some(token) = &self.settings.token {
            request = request.bearer_auth(&token.0);
        }
        if let Some(range) = range {
            request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        }
        let response = request.send().map_err(|error| connection(url)(error.without_url()))?;
        if response.status().is_success() { Ok(response) } else { Err(answer(url, response)) }
    }

    /// The next page of a list must be where the first one was, since the token goes along.
    fn same_server(&self, url: &Url, next: &str) -> Result<Url, HubError> {
        let next = url.join(next).map_err(|_| malformed(url, "its next page has no address".into()))?;
        if next.origin() == self.endpoint.origin() {
            Ok(next)
        } else {
            Err(malformed(url, format!("its next page is elsewhere, at `{next}`")))
        }
    }
}

/// Tries again, with growing pauses or those that the server asks for, where that may help.
pub(super) fn retrying<T>(mut attempt: impl FnMut() -> Result<T, HubError>) -> Result<T, HubError> {
    for pause in PAUSES {
        match attempt() {
            Err(error) => thread::sleep(patience(&error, pause).ok_or(error)?),
            done => return done,
        }
    }
    attempt()
}

/// How long to wait before it makes sense to try again; none if it never does, or not soon.
pub(super) fn patience(error: &HubError, pause: Duration) -> Option<Duration> {
    match error {
        HubError::Answer { status: 429 | 503, retry_after: Some(wanted), .. } => {
            (*wanted <= MAX_WAIT).then(|| (*wanted).max(pause))
        }
        HubError::Answer { status: 408 | 429 | 500 | 502 | 503 | 504, .. } | HubError::Connection { .. } => {
            Some(pause)
        }
        _ => None,
    }
}

pub(crate) fn endpoint(text: &str) -> Result<Url, HubError> {
    let refused = || HubError::Setting { what: "hub address", value: text.to_owned() };
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| refused())?;
    let plain = ["http", "https"].contains(&url.scheme())
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(url) } else { Err(refused()) }
}

pub(super) fn connection<E>(url: &Url) -> impl FnOnce(E) -> HubError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |source| HubError::Connection { url: url.to_string(), source: source.into() }
}

pub(super) fn malformed(url: &Url, reason: String) -> HubError {
    HubError::Malformed { url: url.to_string(), reason }
}

/// What a refusal says, in its headers or at the start of its text.
fn answer(url: &Url, response: Response) -> HubError {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let retry_after = header(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok());
    let said = header("x-error-message");
    let said = said.unwrap_or_else(|| {
        let mut bytes = Vec::new();
        let _ = response.take(MAX_REFUSAL).read_to_end(&mut bytes);
        let json: Option<Value> = serde_json::from_slice(&bytes).ok();
        let error = json.as_ref().and_then(|json| json.get("error")?.as_str());
        error.unwrap_or_default().to_owned()
    });
    let said = said.chars().take(MAX_SAID).collect();
    HubError::Answer { url: url.to_string(), status, said, retry_after: retry_after.map(Duration::from_secs) }
}

/// A part must be the one that was asked for, of a file of the size that the listing tells.
fn require_range(url: &Url, headers: &HeaderMap, range: &Range<u64>, size: u64) -> Result<(), HubError> {
    let expected = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    match headers.get(CONTENT_RANGE).and_then(|found| found.to_str().ok()) {
        Some(found) if found == expected => Ok(()),
        found => Err(malformed(url, format!("it is {found:?}, expected `{expected}`"))),
    }
}

/// `<address>; rel="next"`.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    Some(next.split_once('<')?.1.split_once('>')?.0.to_owned())
}

/// Pauses between attempts.
pub(super) const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1600),
];
/// Servers that want to be left alone for longer are left alone altogether.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// A page of a listing has a tenth of that.
const MAX_JSON: u64 = 16 << 20;
const MAX_REFUSAL: u64 = 1 << 16;
const MAX_SAID: usize = 300;
