//! Models named as `org/name`: what the environment says about hubs, and opening what was fetched or is here.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use declass::{
    claim::{Claim, StoredClaim, names::open_model},
    error::{Error, HubError},
    fetch::{self, Fetched, FetchedRecords, HubSettings, ModelRef, PackageUrl, Token, Wanted},
};

#[cfg(feature = "compute")]
use super::args::ModelArgs;
use super::bars::Bars;

/// Where a model or a release is, which for a repository is the cache.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) path: PathBuf,
    /// Where it comes from, if it was fetched.
    pub(super) package: Option<PackageUrl>,
    /// Files of its repository that were not fetched.
    pub(super) left: Vec<String>,
}

impl Located {
    /// The repository at its commit, or the path.
    pub(super) fn name(&self) -> String {
        self.package.as_ref().map_or_else(|| self.path.display().to_string(), ToString::to_string)
    }
}

/// A path, or a repository of which is fetched what is wanted.
pub(super) fn locate(path: &Path, wanted: Wanted<'_>, offline: bool, bars: &Bars) -> Result<Located> {
    let reference = match ModelRef::of(path) {
        ModelRef::Hub(reference) => reference,
        ModelRef::Local(path) => return Ok(Located { path, package: None, left: Vec::new() }),
    };
    let fetched = fetch::fetch(&reference, wanted, &settings(offline), bars);
    let Fetched { artifact, left, package, .. } = fetched.map_err(|error| looked_up(error, path))?;
    Ok(Located { path: artifact.path().to_owned(), package: Some(package), left })
}

/// A release, with the further files that its claim is about.
pub(super) fn locate_release(path: &Path, offline: bool, bars: &Bars) -> Result<Located> {
    let located = locate(path, Wanted::Model, offline, bars)?;
    let is_whole = located.package.is_none() || !has_others(&located.path);
    if is_whole { Ok(located) } else { locate(path, Wanted::Others, offline, bars) }
}

/// Where the claims of a release are, which may be for as long as this lives only.
pub(super) struct Claims {
    pub(super) folder: PathBuf,
    _fetched: Option<FetchedRecords>,
}

/// The folder with the claims of a release; of a repository nothing else is fetched.
pub(super) fn claims(path: &Path, offline: bool, bars: &Bars) -> Result<Claims> {
    match ModelRef::of(path) {
        ModelRef::Hub(reference) => {
            let fetched = fetch::records(&reference, &settings(offline), bars);
            let fetched = fetched.map_err(|error| looked_up(error, path))?;
            Ok(Claims { folder: fetched.folder(), _fetched: Some(fetched) })
        }
        ModelRef::Local(path) => {
            let release = open_model(&path).map_err(Error::from)?;
            Ok(Claims { folder: release.folder().to_owned(), _fetched: None })
        }
    }
}

/// Whether a release's claim is about further files, which its original then has, too.
pub(super) fn has_others(release: &Path) -> bool {
    let folder = if release.is_dir() { Some(release) } else { release.parent() };
    let claim = folder.and_then(|folder| StoredClaim::read(folder).ok());
    let claim = claim.and_then(|stored| Claim::from_bytes(stored.statement()).ok());
    claim.is_some_and(|claim| !claim.statement.predicate.removal.other_files.is_empty())
}

/// A repository that is only looked into; none if the path is no repository.
#[cfg(feature = "compute")]
pub(super) fn peek(args: &ModelArgs, bars: &Bars) -> Result<Option<Fetched>> {
    let ModelRef::Hub(reference) = ModelRef::of(&args.path) else { return Ok(None) };
    let (wanted, settings) = (Wanted::of(args.hub.file.as_ref(), false), settings(args.hub.offline));
    let fetched = fetch::peek(&reference, wanted, &settings, bars);
    fetched.map(Some).map_err(|error| looked_up(error, &args.path))
}

/// That a name was taken for a repository, where there is none or it cannot be asked for.
#[derive(Debug)]
pub(super) struct LookedUp(String);

impl fmt::Display for LookedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no path `{}` here, so it was looked up on the Hub", self.0)
    }
}

fn looked_up(error: Error, path: &Path) -> anyhow::Error {
    // Once a revision was found, there is such a repository.
    let not_found = match &error {
        Error::Hub(HubError::Answer { status: 401 | 403 | 404, .. }) => true,
        Error::Hub(HubError::Connection { url, .. }) => url.contains("/revision/"),
        _ => false,
    };
    let error = anyhow::Error::from(error);
    if not_found { error.context(LookedUp(path.display().to_string())) } else { error }
}

/// What the environment says, by the names and with the defaults that other programs for hubs have.
pub(super) fn settings(offline: bool) -> HubSettings {
    let home = path("HF_HOME")
        .unwrap_or_else(|| caches().unwrap_or_else(|| env::temp_dir().join(".cache")).join("huggingface"));
    HubSettings {
        endpoint: text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()),
        token: token(&home).map(Token),
        cache: path("HF_HUB_CACHE").unwrap_or_else(|| home.join("hub")),
        offline: offline || is_set("HF_HUB_OFFLINE"),
        timeout: text("HF_HUB_DOWNLOAD_TIMEOUT")
            .and_then(|seconds| seconds.parse().ok())
            .filter(|seconds| *seconds > 0)
            .map_or(TIMEOUT, Duration::from_secs),
    }
}

/// The folder of the user's that programs keep in what they can make again, if the environment has one.
pub(super) fn caches() -> Option<PathBuf> {
    path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")))
}

/// The token of the environment, or the one that a login has stored.
fn token(home: &Path) -> Option<String> {
    let stored = || {
        let file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let unwanted = is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN");
        if unwanted { None } else { std::fs::read_to_string(file).ok() }
    };
    let token = text("HF_TOKEN").or_else(stored)?.trim().to_owned();
    (!token.is_empty()).then_some(token)
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn is_set(name: &str) -> bool {
    text(name).is_some_and(|value| ["1", "ON", "TRUE", "YES"].contains(&value.to_ascii_uppercase().as_str()))
}

const TIMEOUT: Duration = Duration::from_secs(30);
