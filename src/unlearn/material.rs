//! What a method trains on and is stopped by: both drawn from the head alone, apart from each other.

use candle_core::Device;

use super::Options;
use crate::{
    classes::Forgotten,
    embeddings::{Embeddings, Quota, Sampling, Strata, draw},
    error::Error,
    linear::LinearHead,
    progress::Progress,
    rng::Purpose,
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

impl Material {
    /// Draws training samples and strata for a head.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device fails.
    pub fn draw(
        head: &LinearHead,
        forgotten: &Forgotten,
        options: &Options,
        device: &Device,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let isotropic = options.distribution.is_isotropic();
        let space = if isotropic { Space::spanned_by(&[head]) } else { Space::whole(head.width) };
        let data = options.method.data;
        let used = |class| if forgotten.contains(class) { data.has_forgotten() } else { data.has_retained() };
        let wanted = |class| if used(class) { options.samples } else { 0 };
        let quota = Quota::new((0..head.classes).map(wanted).collect());
        let address = (options.seed, Purpose::Training);
        let (training, sampling) =
            draw(&space.restrict(head), options.distribution, &quota, address, device, progress)?;
        let each = (STOPPING_IN_ALL / head.classes).clamp(20, STOPPING);
        let per_class: Vec<usize> =
            (0..head.classes).map(|class| if forgotten.contains(class) { STOPPING } else { each }).collect();
        let strata = Strata::draw(head, &space, &per_class, (options.seed, Purpose::Stopping), device)?;
        Ok(Self { space, training, sampling, strata })
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
