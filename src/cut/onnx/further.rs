//! Heads beside the one that is trained, named by hand: they have the same classes and lose the forgotten ones
//! too.

use super::{
    super::{Auxiliary, Branch, Head, Site, not_this_head},
    found::Found,
};
use crate::{classes::Labels, error::Error};

/// A further head, and what else of the graph counts its classes.
pub(super) struct Further {
    pub(super) auxiliary: Auxiliary,
    pub(super) sites: Vec<Site>,
    pub(super) obstacle: Option<String>,
    /// Its outputs in which classes may be equal although their logits are not.
    pub(super) merging: Vec<String>,
}

/// A head that is understood up to its outputs, beside another one.
///
/// # Errors
/// [`LocateError::NotThisHead`](crate::error::LocateError::NotThisHead) if it has other classes, several
/// operators, or factors behind it: such a head is only treated alone.
pub(super) fn beside(
    main: &Head,
    found: Found<'_, '_>,
    name: &str,
    labels: Option<&Labels>,
) -> Result<Further, Error> {
    let head = found.head(labels)?;
    if head.classes != main.classes {
        let reason = format!(
            "`{name}` makes {} classes, the first head that was named {}",
            head.classes, main.classes
        );
        return Err(not_this_head(reason));
    }
    let [branch] = head.branches.as_slice() else {
        let reason = format!("`{name}` is made of {} linear operators side by side", head.branches.len());
        return Err(not_this_head(format!("{reason}: it can be treated as the only head alone")));
    };
    if !is_plain(branch) || head.shift.iter().any(|shift| *shift != 0.0) {
        let reason = format!("constants behind `{name}` scale or shift its logits");
        return Err(not_this_head(format!("{reason}: it can be treated as the only head alone")));
    }
    let known = main.branches.iter().chain(main.auxiliary.iter().map(|it| &it.branch));
    if known.map(|own| &own.weight.tensor).any(|tensor| *tensor == branch.weight.tensor) {
        return Err(not_this_head(format!("`{name}` is the same head again")));
    }
    let auxiliary = Auxiliary { name: head.name, branch: branch.clone(), link: head.link, open: head.open };
    Ok(Further { auxiliary, sites: head.sites, obstacle: head.obstacle, merging: head.merging })
}

fn is_plain(branch: &Branch) -> bool {
    branch.gain.iter().chain(&branch.bias_gain).all(|gain| *gain == 1.0)
}
