//! A release to a hub: one commit with all of its files, large ones in the way that the hub asks for.

use std::path::Path;

use declass_formats::RelPath;
use hf_hub::{
    HFClient, HFClientSync, HFError,
    repository::{CommitInfo, CommitOperation, RepoTypeModel},
};

use crate::{
    error::{Error, HubError},
    fetch::{Commit, HubRef, HubSettings, RepoId, endpoint, is_gits, names},
};

/// What to send, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// The folder of the release.
    pub folder: &'a Path,
    /// All of its files.
    pub files: &'a [RelPath],
    /// The repository.
    pub repo: &'a RepoId,
    /// Whether the repository shall be private if it is new.
    pub private: bool,
    /// Whether to ask for the change instead of making it.
    pub pull_request: bool,
    /// What the commit says of itself.
    pub message: &'a str,
}

/// What the hub made of it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The commit, if the hub names it.
    pub commit: Option<String>,
    /// Where to look at it, or at the list of pull requests if it is one: which one, hf-hub does not tell.
    pub url: Option<String>,
}

/// Sends a release. A repository that is not there is made; one that holds files of another kind is refused,
/// since they could hold what the release has lost.
///
/// # Errors
/// [`Error::Hub`] if there is no token, or the hub or what the repository holds does not allow it.
pub fn push(push: &Push<'_>, settings: &HubSettings) -> Result<Upload, Error> {
    let client = client(settings)?;
    let parent = prepare(push, settings, &client)?;
    let add = |path: &RelPath| CommitOperation::add_file(path.as_str(), push.folder.join(path.as_str()));
    let sent = client
        .model(push.repo.org(), push.repo.name())
        .create_commit()
        .operations(push.files.iter().map(add).collect())
        .commit_message(push.message)
        .create_pr(push.pull_request)
        .maybe_parent_commit(parent.map(|commit| commit.to_string()))
        .send();
    let CommitInfo { commit_url, commit_oid, pr_url, .. } = sent.map_err(|error| refusal(error, settings))?;
    let pulls = || format!("{}/{}/discussions", settings.endpoint.trim_end_matches('/'), push.repo);
    let url = if push.pull_request { pr_url.or_else(|| Some(pulls())) } else { commit_url };
    Ok(Upload { commit: commit_oid, url })
}

/// Looks at the repository, or makes it; tells the commit that the new one shall follow.
fn prepare(push: &Push<'_>, settings: &HubSettings, client: &HFClientSync) -> Result<Option<Commit>, Error> {
    let reference = HubRef { repo: push.repo.clone(), revision: None };
    let (commit, files) = match names(&reference, settings) {
        Ok(found) => found,
        // Hubs say 401 of what is not there, to those whom they would not tell of what is.
        Err(HubError::Answer { status: 401 | 404, .. }) => {
            let id = push.repo.to_string();
            let made = client.create_repository().repo_id(&id).repo_type(RepoTypeModel).private(push.private);
            made.send().map_err(|error| refusal(error, settings))?;
            return Ok(names(&reference, settings).ok().map(|(commit, _)| commit));
        }
        Err(error) => return Err(error.into()),
    };
    let foreign = files.iter().filter(|path| !push.files.contains(path) && !is_gits(path));
    let foreign: Vec<String> = foreign.take(SHOWN).map(|path| format!("`{path}`")).collect();
    if foreign.is_empty() {
        Ok(Some(commit))
    } else {
        Err(HubError::ForeignFiles { repo: push.repo.to_string(), files: foreign }.into())
    }
}

fn client(settings: &HubSettings) -> Result<HFClientSync, Error> {
    let token = settings.token.as_ref().ok_or(HubError::NoToken)?;
    let endpoint = endpoint(&settings.endpoint)?;
    let agent = concat!("declass/", env!("CARGO_PKG_VERSION"));
    let http = reqwest::Client::builder()
        .user_agent(agent)
        .connect_timeout(settings.timeout)
        .read_timeout(settings.timeout)
        .referer(false)
        .https_only(endpoint.scheme() == "https")
        .build();
    let http = http.map_err(|error| refusal(error.into(), settings))?;
    let client = HFClient::builder()
        .endpoint(endpoint.as_str())
        .token(token.0.as_str())
        .user_agent(agent)
        .cache_dir(&settings.cache)
        .client(http)
        .build_sync();
    client.map_err(|error| refusal(error, settings))
}

/// The library's errors in the words of this one.
fn refusal(error: HFError, settings: &HubSettings) -> Error {
    let (context, retry_after) = match error {
        HFError::AuthRequired { context }
        | HFError::Conflict { context }
        | HFError::Forbidden { context }
        | HFError::Http { context }
        | HFError::RepoNotFound { context: Some(context), .. } => (context, None),
        HFError::RateLimited { context, retry_after } => (context, retry_after),
        other => {
            let url = settings.endpoint.clone();
            return HubError::Connection { url, source: Box::new(other) }.into();
        }
    };
    let said = context.server_message.unwrap_or_default().chars().take(MAX_SAID).collect();
    HubError::Answer { url: context.url, status: context.status.as_u16(), said, retry_after }.into()
}

const SHOWN: usize = 5;
const MAX_SAID: usize = 300;
