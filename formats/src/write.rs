//! Writing a copy of a model with some edits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::{
    Artifact, Edits, FormatError, Problem, RelPath, Role, Sha256Digest,
    pieces::{Piece, Pieces},
};

impl Artifact {
    /// Writes a copy with some edits into `dest`, a folder that is new or empty. What the edits do not name
    /// is copied byte for byte, by the kernel; memory is bounded by the edited tensors. Everything is on
    /// disk when this returns. `on_bytes` is told of bytes as they are written.
    ///
    /// An edit that does not fit the model is an error before anything is written.
    pub fn write(
        &self,
        edits: &Edits,
        dest: &Path,
        on_bytes: &(dyn Fn(u64) + Sync),
    ) -> Result<(), FormatError> {
        write(self, edits, dest, on_bytes)
    }

    /// The digests of the files that [`write`](Self::write) would change or add, found by the same splicing,
    /// without writing them: one pass over those files, of whose bytes `on_bytes` is told. Every other file
    /// of a copy is the model's own.
    pub fn edited_digests(
        &self,
        edits: &Edits,
        on_bytes: &(dyn Fn(u64) + Sync),
    ) -> Result<BTreeMap<RelPath, Sha256Digest>, FormatError> {
        digests(self, edits, on_bytes)
    }
}

fn write(
    artifact: &Artifact,
    edits: &Edits,
    dest: &Path,
    on_bytes: &(dyn Fn(u64) + Sync),
) -> Result<(), FormatError> {
    let edited = plan(artifact, edits)?;
    prepare(dest)?;
    let mut folders = BTreeSet::from([dest.to_owned()]);
    let mut create = |path: &RelPath, mode| create(dest, path, mode, &mut folders);
    for file in artifact.files().iter().filter(|file| !edits.files.contains_key(&file.path)) {
        let (source, size) = artifact.folder.open_file(&file.path)?;
        let target = dest.join(file.path.as_str());
        let fail = |error| FormatError::new(&target, Problem::Io(error));
        let mode = source.metadata().map_err(fail)?.permissions().mode() & 0o666 | 0o600;
        let mut created = create(&file.path, mode)?;
        let whole = Pieces::from(Piece::Source(0..size));
        let pieces = edited.get(&file.path).unwrap_or(&whole);
        pieces.write(&source, &mut created, on_bytes).map_err(fail)?;
        created.sync_all().map_err(fail)?;
    }
    for (path, bytes) in &edits.files {
        let fail = |error| FormatError::new(dest.join(path.as_str()), Problem::Io(error));
        let mut created = create(path, 0o666)?;
        created.write_all(bytes).and_then(|()| created.sync_all()).map_err(fail)?;
        on_bytes(bytes.len() as u64);
    }
    for folder in &folders {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| FormatError::new(folder, error))?;
    }
    Ok(())
}

/// The digests of the files that [`write`] would make other than they are.
fn digests(
    artifact: &Artifact,
    edits: &Edits,
    on_bytes: &(dyn Fn(u64) + Sync),
) -> Result<BTreeMap<RelPath, Sha256Digest>, FormatError> {
    let mut digests = BTreeMap::new();
    for (path, pieces) in plan(artifact, edits)? {
        let (source, _) = artifact.folder.open_file(&path)?;
        let digest = pieces.digest(&source, on_bytes);
        let digest = digest.map_err(|error| FormatError::new(artifact.folder.locate(&path), error))?;
        digests.insert(path, digest);
    }
    digests.extend(edits.files.iter().map(|(path, bytes)| (path.clone(), Sha256Digest::of(bytes))));
    Ok(digests)
}

/// The files of weights that the edits change, and how; fails if an edit does not fit. Writing, and telling
/// what was to be written, both follow this.
pub(crate) fn plan(artifact: &Artifact, edits: &Edits) -> Result<BTreeMap<RelPath, Pieces>, FormatError> {
    let fail = |problem| FormatError::new(artifact.path(), problem);
    edits.check_tensors(artifact.tensors()).map_err(fail)?;
    let weights = |path: &&RelPath| {
        artifact.files().iter().any(|file| file.role == Role::Weights && file.path == **path)
    };
    if let Some(path) = edits.files.keys().find(weights) {
        return Err(fail(Problem::WeightsFile { name: path.to_string() }));
    }
    let mut planned = artifact.weights.edited(artifact.path(), &artifact.folder, edits)?;
    for (path, edits) in &edits.twins {
        let twin = artifact.twin(path)?;
        edits.check_tensors(twin.tensors()).map_err(|problem| FormatError::new(twin.path(), problem))?;
        planned.extend(twin.weights.edited(twin.path(), &twin.folder, edits)?);
    }
    Ok(planned)
}

/// Makes sure that the destination is an empty folder.
fn prepare(dest: &Path) -> Result<(), FormatError> {
    let fail = |problem| FormatError::new(dest, problem);
    if dest.symlink_metadata().is_err() {
        return fs::create_dir_all(dest).map_err(|error| fail(error.into()));
    }
    let mut entries = fs::read_dir(dest).map_err(|error| fail(error.into()))?;
    if entries.next().is_some() { Err(fail(Problem::DestinationNotEmpty)) } else { Ok(()) }
}

/// Creates a file and the folders above it, and notes those.
fn create(
    dest: &Path,
    path: &RelPath,
    mode: u32,
    folders: &mut BTreeSet<std::path::PathBuf>,
) -> Result<File, FormatError> {
    let target = dest.join(path.as_str());
    let above = target.ancestors().skip(1).take_while(|folder| folder.starts_with(dest));
    folders.extend(above.map(Path::to_owned));
    let parent = target.parent().unwrap_or(dest);
    fs::create_dir_all(parent)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).mode(mode).open(&target))
        .map_err(|error| FormatError::new(&target, error))
}
