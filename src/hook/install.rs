//! Hooks into their place and out of it again. What was there before is kept, and runs after the check.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{
    Hook,
    script::{is_ours, kept, script},
};
use crate::{error::Error, git::Repository, sign::read_if_there};

/// No hook of ours is longer.
const MAX_SCRIPT: u64 = 1 << 16;

/// Where a hook is now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Installed {
    /// The hook.
    pub hook: PathBuf,
    /// The hook that was there before, if there was one; it runs after the check.
    pub kept: Option<PathBuf>,
}

/// A hook that was taken out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Removed {
    /// Where it was.
    pub hook: PathBuf,
    /// Whether the hook that was there before it is there again.
    pub restored: bool,
}

/// What is in the place of a hook.
enum Place {
    Empty,
    Foreign,
    Ours,
}

/// Puts a hook into the folder that git runs hooks from. Done twice, it changes nothing.
///
/// # Errors
/// [`Error::Hook`] if the folder serves other repositories, too, or there are two hooks to keep;
/// [`Error::Git`], [`Error::Io`].
pub fn install(repository: &Repository, hook: Hook) -> Result<Installed, Error> {
    let folder = repository.hooks()?;
    if repository.shares_hooks()? {
        return Err(Error::Hook {
            path: folder,
            reason: "`core.hooksPath` is not set by this repository, and a hook there would be that of others, too".into(),
            hint: Some("set it for this repository: `git config --local core.hooksPath FOLDER`".into()),
        });
    }
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let (place, kept) = (folder.join(hook.name()), folder.join(kept(hook)));
    match look(&place) {
        Place::Foreign if is_there(&kept) => {
            return Err(Error::Hook {
                path: place,
                reason: format!("it is another hook, and `{}` keeps one already", kept.display()),
                hint: Some("make one hook of the two, then install again".into()),
            });
        }
        Place::Foreign => fs::rename(&place, &kept).map_err(Error::io(&place))?,
        Place::Empty | Place::Ours => {}
    }
    write(&folder, &place, &script(hook)).map_err(Error::io(&place))?;
    Ok(Installed { hook: place, kept: is_there(&kept).then_some(kept) })
}

/// Takes a hook out again and puts back what was there before. None if it is not there.
///
/// # Errors
/// [`Error::Git`] if there is no repository, [`Error::Io`] if the disk refuses.
pub fn uninstall(repository: &Repository, hook: Hook) -> Result<Option<Removed>, Error> {
    let folder = repository.hooks()?;
    let (place, kept) = (folder.join(hook.name()), folder.join(kept(hook)));
    if !matches!(look(&place), Place::Ours) {
        return Ok(None);
    }
    if is_there(&kept) {
        fs::rename(&kept, &place).map_err(Error::io(&kept))?;
        return Ok(Some(Removed { hook: place, restored: true }));
    }
    fs::remove_file(&place).map_err(Error::io(&place))?;
    Ok(Some(Removed { hook: place, restored: false }))
}

fn look(place: &Path) -> Place {
    // What a link leads to belongs to somebody else, whatever it says.
    let is_link = place.is_symlink();
    match read_if_there(place, MAX_SCRIPT) {
        Ok(None) if !is_link => Place::Empty,
        Ok(Some(text)) if !is_link && is_ours(&text) => Place::Ours,
        _ => Place::Foreign,
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// An executable file, whole or not at all.
fn write(folder: &Path, place: &Path, text: &str) -> io::Result<()> {
    let mut temporary = tempfile::Builder::new();
    // Less what the umask takes away.
    temporary.prefix(".declass-").permissions(fs::Permissions::from_mode(0o777));
    let mut file = temporary.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(place)?;
    Ok(())
}
