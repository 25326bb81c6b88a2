//! Files that are made of a release and do not belong to it.

use std::{fs, io::Write as _, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result, bail};

/// A new file outside of the release, which would no longer be the one that was verified with a file more in
/// it. It is there whole or not at all.
pub(super) fn write_outside(out: &Path, release: &Path, bytes: &[u8]) -> Result<()> {
    require_outside(out, release)?;
    write_new(out, bytes)
}

/// The mode of what others read, less what the umask takes away.
pub(super) const SHARED: u32 = 0o666;
/// The mode of what nobody else reads.
pub(super) const PRIVATE: u32 = 0o600;

/// A new file, whole or not at all.
pub(super) fn write_new(out: &Path, bytes: &[u8]) -> Result<()> {
    write_new_as(out, bytes, SHARED)
}

/// The same with a mode, from which the umask takes.
pub(super) fn write_new_as(out: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let write = || {
        let permissions = fs::Permissions::from_mode(mode);
        let mut builder = tempfile::Builder::new();
        let mut file = builder.prefix(".declass-").permissions(permissions).tempfile_in(folder_of(out))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(out).map_err(|error| error.error)
    };
    write().map(|_| ()).with_context(|| format!("writing `{}`", out.display()))
}

/// Fails if no new file can be written there: before something takes its time to make one.
pub(super) fn require_outside(out: &Path, release: &Path) -> Result<()> {
    let parent = folder_of(out);
    let parent = parent.canonicalize().with_context(|| format!("folder `{}`", parent.display()))?;
    if parent.starts_with(release.canonicalize()?) {
        bail!("`{}` lies in the release, which must not get another file", out.display());
    }
    require_new(out)
}

/// Fails if something is there.
pub(super) fn require_new(out: &Path) -> Result<()> {
    if fs::symlink_metadata(out).is_ok() {
        bail!("`{}` is there already: name a new file, or remove it first", out.display());
    }
    Ok(())
}

fn folder_of(out: &Path) -> &Path {
    out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
