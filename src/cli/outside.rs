//! Files that are made of a release and do not belong to it.

use std::{fs, io::Write as _, path::Path};

use anyhow::{Context, Result, bail};

/// A new file outside of the release, which would no longer be the one that was verified with a file more in
/// it.
pub(super) fn write_outside(out: &Path, release: &Path, bytes: &[u8]) -> Result<()> {
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().with_context(|| format!("folder `{}`", parent.display()))?;
    if parent.starts_with(release.canonicalize()?) {
        bail!("`{}` lies in the release, which must not get another file", out.display());
    }
    let mut file = fs::File::create_new(out).with_context(|| format!("writing `{}`", out.display()))?;
    file.write_all(bytes).with_context(|| format!("writing `{}`", out.display()))
}
