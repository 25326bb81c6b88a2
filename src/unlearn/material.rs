//! What a method trains on and is stopped by: both drawn from the head alone, apart from each other.

use candle_core::Device;

use crate::{
    classes::Forgotten,
    embeddings::{Embeddings, Most, Quota, Sampling, Strata, allot, draw},
    error::Error,
    head::LinearHead,
    progress::Progress,
    removal::Removal,
    rng::{Address, Purpose},
    space::Space,
};

/// Synthetic embeddings for one head, in the coordinates of `space`.
#[derive(Debug)]
pub struct Material {
    /// The coordinates: the row space of the head where the distribution allows it.
    pub space: Space,
    /// Training embeddings of the classes that the method trains on.
    pub training: Embeddings,
    /// How drawing them went.
    pub sampling: Sampling,
    /// Embeddings on which training stops.
    pub strata: Strata,
}

/// Embeddings per class and stratum that decide about stopping; fewer for heads with very many classes.
const STOPPING: usize = 1000;
/// Most embeddings of one stratum of the retained classes together.
const STOPPING_IN_ALL: usize = 50_000;
/// Most multiplications that looking at the forgotten classes in one stratum may cost in every epoch.
const STOPPING_WORK: usize = 1 << 29;
/// Most coordinates of all training embeddings: half a gigabyte.
const TRAINING_VALUES: usize = 1 << 27;

impl Material {
    /// Draws training samples and strata for a head.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device fails.
    pub fn draw(
        head: &LinearHead,
        removal: &Removal,
        device: &Device,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let (forgotten, distribution) = (removal.forgotten(), removal.distribution());
        let isotropic = distribution.is_isotropic();
        let space = if isotropic { Space::spanned_by(&[head])? } else { Space::whole(head.width) };
        let (training, sampling) = training(&space.restrict(head)?, removal, device, progress)?;
        let strata = Self::strata(head, &space, forgotten, removal.seed(), device)?;
        Ok(Self { space, training, sampling, strata })
    }

    fn strata(
        head: &LinearHead,
        space: &Space,
        forgotten: &Forgotten,
        seed: u64,
        device: &Device,
    ) -> Result<Strata, Error> {
        let work = (STOPPING_WORK / (head.classes * space.width())).max(1);
        let of_forgotten = Most { in_all: work, each: STOPPING };
        let of_retained = Most { in_all: STOPPING_IN_ALL, each: STOPPING };
        let per_class = allot(forgotten, space.width(), of_forgotten, of_retained);
        let insist = |class| forgotten.contains(class);
        Strata::draw(head, space, per_class, insist, Address { seed, purpose: Purpose::Stopping }, device)
    }

    /// Forgotten classes that the method trains on and no training draw reached.
    #[must_use]
    pub fn unreached(&self, forgotten: &Forgotten) -> Vec<usize> {
        forgotten
            .indices()
            .filter(|&class| self.sampling.wanted[class] > 0 && self.sampling.accepted[class] == 0)
            .collect()
    }
}

/// Draws what the method trains on, in the coordinates of a head.
pub(super) fn training(
    head: &LinearHead,
    removal: &Removal,
    device: &Device,
    progress: &dyn Progress,
) -> Result<(Embeddings, Sampling), Error> {
    let (forgotten, data) = (removal.forgotten(), removal.method().data);
    let used = |class| if forgotten.contains(class) { data.has_forgotten() } else { data.has_retained() };
    let trained_on = (0..head.classes).filter(|&class| used(class)).count().max(1);
    let samples = removal.samples().min((TRAINING_VALUES / head.width / trained_on).max(1));
    let quota = Quota::new((0..head.classes).map(|class| if used(class) { samples } else { 0 }).collect());
    let address = Address { seed: removal.seed(), purpose: Purpose::Training };
    draw(head, removal.distribution(), &quota, address, device, progress)
}
