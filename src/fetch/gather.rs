//! From a reference to an opened model.

use std::{collections::BTreeSet, fs, io, path::Path, sync::Arc};

use declass_formats::{Artifact, FormatError, Problem, RelPath, Sha256Digest, is_possible_twin};
use reqwest::Url;
use tempfile::TempDir;

use super::{
    cache::RepoCache,
    download::download,
    fetched::{Fetched, FetchedRecords},
    heads::Heads,
    http::Http,
    listing::{self, Remote},
    reference::{Commit, HubRef, PackageUrl},
    select::{self, Selection, is_gits},
    settings::HubSettings,
    wanted::Wanted,
};
use crate::{
    claim::names::{MOST_OTHER_FILES, looks_like_record, open_model},
    error::{Error, HubError},
    progress::{Progress, Step},
};

/// Downloads what is wanted of a model or a release, unless the cache has it, and opens it.
///
/// # Errors
/// [`Error::Hub`] if the hub or its repository does not allow it, [`Error::Format`] if what came is no model,
/// [`Error::Io`] if the cache cannot be written.
pub fn fetch(
    reference: &HubRef,
    wanted: Wanted<'_>,
    settings: &HubSettings,
    progress: &dyn Progress,
) -> Result<Fetched, Error> {
    Fetch::new(reference, wanted, settings, progress)?.run(false)
}

/// Opens a model of which only what is read comes over the network, unless the cache has it whole.
///
/// # Errors
/// As those of [`fetch`]; also later, when more of the model is read.
pub fn peek(
    reference: &HubRef,
    wanted: Wanted<'_>,
    settings: &HubSettings,
    progress: &dyn Progress,
) -> Result<Fetched, Error> {
    Fetch::new(reference, wanted, settings, progress)?.run(true)
}

/// Downloads what a release says of itself, its claim, the earlier ones and its signature, and nothing of the
/// model.
///
/// # Errors
/// As those of [`fetch`]; [`HubError::Unsuitable`] if there is none of this.
pub fn records(
    reference: &HubRef,
    settings: &HubSettings,
    progress: &dyn Progress,
) -> Result<FetchedRecords, Error> {
    Fetch::new(reference, Wanted::Model, settings, progress)?.records()
}

/// The commit that a revision is, and the names of its files.
///
/// # Errors
/// [`HubError`] if the hub does not tell.
pub fn names(reference: &HubRef, settings: &HubSettings) -> Result<(Commit, Vec<RelPath>), HubError> {
    let http = Http::new(settings)?;
    let commit = listing::commit(&http, reference)?;
    let files = listing::files(&http, &reference.repo, &commit)?;
    Ok((commit, files.into_iter().map(|file| file.path).collect()))
}

struct Fetch<'a> {
    reference: &'a HubRef,
    wanted: Wanted<'a>,
    settings: &'a HubSettings,
    progress: &'a dyn Progress,
    cache: RepoCache,
    http: Http,
}

impl<'a> Fetch<'a> {
    fn new(
        reference: &'a HubRef,
        wanted: Wanted<'a>,
        settings: &'a HubSettings,
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let cache = RepoCache::new(&settings.cache, &reference.repo);
        Ok(Self { reference, wanted, settings, progress, cache, http: Http::new(settings)? })
    }

    fn run(&self, in_part: bool) -> Result<Fetched, Error> {
        let commit = self.commit()?;
        let models = self.cache.models(&commit);
        let place = match (self.wanted, self.settings.offline) {
            // Which others there are, only the hub knows.
            (Wanted::Others, true) if !models.join(key(Wanted::Others)).exists() => {
                models.join("others-offline")
            }
            (wanted, _) => models.join(key(wanted)),
        };
        // With other files beside it a model is the same.
        let beside = matches!(self.wanted, Wanted::Model).then(|| models.join(key(Wanted::Others)));
        let cached = || self.open_cached(&place, &commit).or_else(|| self.open_cached(&beside?, &commit));
        match cached() {
            Some(done) => Ok(done),
            None => self.assemble(commit, &place, in_part),
        }
    }

    fn commit(&self) -> Result<Commit, Error> {
        let revision = self.reference.revision();
        let known = self.cache.commit(revision);
        match known {
            Some(commit) if self.settings.offline || commit.as_str() == revision => Ok(commit),
            _ if self.settings.offline => Err(self.not_cached().into()),
            _ => {
                let commit = listing::commit(&self.http, self.reference)?;
                self.cache.note(revision, &commit)?;
                Ok(commit)
            }
        }
    }

    /// A model that an earlier run has put together.
    fn open_cached(&self, place: &Path, commit: &Commit) -> Option<Fetched> {
        let left = serde_json::from_slice(&fs::read(place.join(LEFT)).ok()?).ok()?;
        let artifact = open_model(&place.join(self.reference.repo.name())).ok()?;
        Some(Fetched { artifact, in_part: false, left, package: self.package(commit), _folder: None })
    }

    /// Puts together what a release says of itself, anew each time: it is little, and the cache has its
    /// files.
    fn records(&self) -> Result<FetchedRecords, Error> {
        let commit = self.commit()?;
        let files = self.files(&commit)?;
        let records = select::records(&files, &self.reference.repo)?;
        if records.is_empty() {
            let (repo, hint) = (self.reference.repo.to_string(), None);
            let reason = "it is not a release: it holds no claim of a class removal".into();
            return Err(HubError::Unsuitable { repo, reason, hint }.into());
        }
        let folder = self.folder(&commit)?;
        let root = folder.path().join(self.reference.repo.name());
        let gathering = Gathering { fetch: self, commit: &commit, files: &files, root: &root, heads: None };
        records.iter().try_for_each(|file| gathering.take(file, &file.path, false))?;
        Ok(FetchedRecords { package: self.package(&commit), folder })
    }

    /// What the repository holds; offline, what of it is in the cache.
    fn files(&self, commit: &Commit) -> Result<Vec<Remote>, Error> {
        if !self.settings.offline {
            return Ok(listing::files(&self.http, &self.reference.repo, commit)?);
        }
        match self.cache.snapshot(commit) {
            files if files.is_empty() => Err(self.not_cached().into()),
            files => Ok(files),
        }
    }

    /// A new folder beside those of finished models.
    fn folder(&self, commit: &Commit) -> Result<TempDir, Error> {
        let models = self.cache.models(commit);
        fs::create_dir_all(&models).map_err(Error::io(&models))?;
        let folder = tempfile::Builder::new().prefix(".new-").tempdir_in(&models);
        folder.map_err(Error::io(&models))
    }

    /// Puts a model together in a folder of its own, which then moves to its place at once.
    fn assemble(&self, commit: Commit, place: &Path, in_part: bool) -> Result<Fetched, Error> {
        let files = self.files(&commit)?;
        let selection = Selection::of(&files, &self.reference.repo, self.wanted.file())?;
        let folder = self.folder(&commit)?;
        let root = folder.path().join(self.reference.repo.name());
        let heads = in_part.then(|| Http::new(self.settings).map(Heads::new)).transpose()?.map(Arc::new);
        let gathering = Gathering { fetch: self, commit: &commit, files: &files, root: &root, heads };
        let (mut artifact, mut taken) = gathering.run(&selection)?;
        if matches!(self.wanted, Wanted::Others) && selection.base.is_empty() {
            artifact = gathering.others(artifact, &mut taken)?;
        }
        let left: Vec<String> = files
            .iter()
            .filter(|file| !taken.contains(file.path.as_str()) && !is_gits(&file.path))
            .map(|file| file.path.to_string())
            .collect();
        let package = self.package(&commit);
        if in_part {
            return Ok(Fetched { artifact, in_part, left, package, _folder: Some(folder) });
        }
        let text = serde_json::to_vec(&left).expect("a list of strings serialises");
        fs::write(folder.path().join(LEFT), text).map_err(Error::io(folder.path()))?;
        match fs::rename(folder.path(), place) {
            Ok(()) => drop(folder.keep()),
            // Another run was faster.
            Err(_) if place.join(LEFT).exists() => {}
            Err(error) => return Err(Error::io(place)(error)),
        }
        let artifact = open_model(&place.join(self.reference.repo.name()))?;
        Ok(Fetched { artifact, in_part, left, package, _folder: None })
    }

    fn package(&self, commit: &Commit) -> PackageUrl {
        PackageUrl { repo: self.reference.repo.clone(), commit: commit.clone() }
    }

    fn url(&self, commit: &Commit, file: &Remote) -> Url {
        let repo = &self.reference.repo;
        let parts = [repo.org(), repo.name(), "resolve", commit.as_str()];
        self.http.url(parts.into_iter().chain(file.path.as_str().split('/')))
    }

    fn not_cached(&self) -> HubError {
        HubError::NotCached {
            name: self.reference.to_string(),
            cache: self.settings.cache.display().to_string(),
        }
    }
}

/// The files of one model on their way into a folder.
struct Gathering<'a> {
    fetch: &'a Fetch<'a>,
    commit: &'a Commit,
    files: &'a [Remote],
    root: &'a Path,
    /// Where weights are only looked into.
    heads: Option<Arc<Heads>>,
}

impl Gathering<'_> {
    /// Takes the selection, opens it, and takes what that finds missing: shards, external data. Tells what
    /// was taken.
    fn run(&self, selection: &Selection) -> Result<(Artifact, BTreeSet<String>), Error> {
        let mut taken = BTreeSet::new();
        for file in &selection.companions {
            self.take(file, &file.path, false)?;
            taken.insert(file.path.to_string());
        }
        let weights = &selection.weights;
        let at = RelPath::try_from(weights.path.file_name()).map_err(|problem| self.bad(problem))?;
        self.take(weights, &at, true)?;
        taken.insert(weights.path.to_string());
        loop {
            let error = match self.open() {
                Ok(artifact) => return Ok((artifact, taken)),
                Err(error) => error,
            };
            let missing = missing(&error, self.root).map(|at| (format!("{}{at}", selection.base), at));
            let file =
                missing.as_ref().and_then(|(path, _)| self.files.iter().find(|f| f.path.as_str() == path));
            match (missing, file) {
                (Some((path, at)), Some(file)) if taken.insert(path.clone()) => self.take(file, &at, true)?,
                _ => return Err(error.into()),
            }
        }
    }

    /// Takes the files that may be the same model once more, too, each with the data that it names. What of them is no
    /// model, or names what the repository does not have, is for whoever opens it to say.
    fn others(&self, artifact: Artifact, taken: &mut BTreeSet<String>) -> Result<Artifact, Error> {
        let is_other = |file: &&Remote| is_possible_twin(&file.path) && !taken.contains(file.path.as_str());
        let others: Vec<&Remote> = self.files.iter().filter(is_other).take(MOST_OTHER_FILES).collect();
        if others.is_empty() {
            return Ok(artifact);
        }
        for file in others {
            self.take(file, &file.path, true)?;
            taken.insert(file.path.to_string());
            while let Err(error) = self.open()?.with_twins(std::slice::from_ref(&file.path)) {
                let missing = missing(&error, self.root);
                let data = missing.as_ref().and_then(|at| self.files.iter().find(|file| file.path == *at));
                match data {
                    Some(data) if taken.insert(data.path.to_string()) => self.take(data, &data.path, true)?,
                    _ => break,
                }
            }
        }
        Ok(self.open()?)
    }

    fn open(&self) -> Result<Artifact, FormatError> {
        match &self.heads {
            Some(heads) => Artifact::open_with_holes(self.root, looks_like_record, heads.clone()),
            None => open_model(self.root),
        }
    }

    fn take(&self, file: &Remote, at: &RelPath, is_weights: bool) -> Result<(), Error> {
        let Fetch { cache, settings, progress, http, .. } = self.fetch;
        let url = self.fetch.url(self.commit, file);
        if cache.has(file) {
            return cache.place(file, self.root, at);
        }
        if settings.offline {
            return Err(self.fetch.not_cached().into());
        }
        if let (Some(heads), true) = (&self.heads, is_weights && file.size > SMALL) {
            return heads.add(self.root, at, url, file.size);
        }
        progress.begin(Step::Downloading, file.size);
        let done = download(http, cache, &url, file, *progress);
        progress.end(Step::Downloading);
        done?;
        cache.link(self.commit, file)?;
        cache.place(file, self.root, at)
    }

    fn bad(&self, problem: Problem) -> Error {
        FormatError { path: self.root.to_owned(), problem }.into()
    }
}

/// The file that the opening of a folder did not find.
fn missing(error: &FormatError, root: &Path) -> Option<RelPath> {
    let Problem::Io(cause) = &error.problem else { return None };
    let inside = error.path.strip_prefix(root).ok()?.to_str()?;
    if cause.kind() == io::ErrorKind::NotFound { RelPath::try_from(inside).ok() } else { None }
}

/// The name of the folder for what was wanted; of a file that was named, its digest, since names can be anything.
fn key(wanted: Wanted<'_>) -> String {
    match wanted {
        Wanted::File(path) => format!("file-{}", Sha256Digest::of(path.as_str().as_bytes())),
        Wanted::Model => "model".into(),
        Wanted::Others => "others".into(),
    }
}

/// The list of files that were left, beside the model.
const LEFT: &str = "left.json";
/// Smaller files are fetched whole.
const SMALL: u64 = 8 << 20;
