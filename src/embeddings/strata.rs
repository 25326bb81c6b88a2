//! Strata: several populations of synthetic embeddings on which a head is judged.
//!
//! Fresh standard normal draws lie at smaller margins than real embeddings do, so a head can forget all of
//! them and still recognise real inputs. Scaled draws, draws around a class direction and non-negative draws
//! cover larger margins and other regions; a claim about forgetting is made on the worst of them.

use candle_core::Device;
use serde::Serialize;

use super::{Distribution, Embeddings, Quota, Sampler, draw, logits, tops};
use crate::{
    classes::Forgotten,
    error::Error,
    head::LinearHead,
    progress::Silent,
    rng::{self, Address},
    space::Space,
    tail::Weights,
};

/// One population.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stratum {
    /// Around each class's direction (its weights less the mean of all), at half and at full typical norm,
    /// with normal noise of deviation 1/2.
    ClassDirection,
    /// Standard normal.
    Gaussian,
    /// Absolute values of standard normal draws, like embeddings behind a ReLU.
    HalfNormal,
    /// The Gaussian ones, twice as long.
    Scaled2,
    /// The Gaussian ones, four times as long.
    Scaled4,
}

impl Stratum {
    /// The name in reports and claims.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassDirection => "class-direction",
            Self::Gaussian => "gaussian",
            Self::HalfNormal => "half-normal",
            Self::Scaled2 => "scaled-2x",
            Self::Scaled4 => "scaled-4x",
        }
    }
}

/// Most embeddings of one stratum.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Of all classes of a side together.
    pub in_all: usize,
    /// Of one class.
    pub each: usize,
}

/// How many embeddings each class should get of one stratum of a head.
///
/// Each class gets as many as its side allows, as long as the side stays within its total, the embeddings
/// within half a gigabyte of coordinates and looking at them within a few seconds. Where there is less than
/// one for every retained class, some classes evenly spaced get one.
#[must_use]
pub fn allot(forgotten: &Forgotten, width: usize, of_forgotten: Most, of_retained: Most) -> Vec<usize> {
    let classes = forgotten.classes();
    let affordable = (VALUES / width).min(WORK / (classes * width)).max(100);
    // The draw of one class among many costs four products with the head, all in all.
    let each =
        (affordable.min(of_forgotten.in_all) / forgotten.indices().count()).clamp(100, of_forgotten.each);
    let total = affordable.min(of_retained.in_all);
    let (each_retained, stride) = ((total / classes).clamp(1, of_retained.each), classes.div_ceil(total));
    let allotted = |class| {
        if forgotten.contains(class) {
            return each;
        }
        if class % stride == 0 { each_retained } else { 0 }
    };
    (0..classes).map(allotted).collect()
}

/// Most coordinates of one stratum, and most multiplications for looking at it once.
const VALUES: usize = 1 << 27;
const WORK: usize = 1 << 35;

/// The strata of one head. Only the Gaussian draws are kept; the others are made from them, or from their
/// streams, piece by piece whenever they are looked at.
#[derive(Clone, Debug)]
pub struct Strata {
    /// The head in the coordinates of `space`.
    head: Weights,
    space: Space,
    /// Directions of the classes in the coordinates of `space`, one row each, of length 1.
    directions: Vec<f32>,
    per_class: Vec<usize>,
    address: Address,
    gaussian: Embeddings,
    chained: Vec<(usize, usize)>,
}

impl Strata {
    /// Draws strata with about `per_class[c]` embeddings of each class `c`: so many for classes that pass the
    /// test of `insist`, as far as they are within reach, and what plain draws give for others. The
    /// half-normal stratum takes what falls into it.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device fails.
    pub fn draw(
        original: &LinearHead,
        space: &Space,
        per_class: Vec<usize>,
        insist: impl Fn(usize) -> bool,
        address: Address,
        device: &Device,
    ) -> Result<Self, Error> {
        let head = space.restrict(original)?;
        let quota = Quota::new(per_class.clone()).content_for(|class| !insist(class));
        let (gaussian, sampling) = draw(&head, Distribution::Gaussian, &quota, address, device, &Silent)?;
        let directions = directions(original, space)?;
        let head = Weights::of(&head, device)?;
        let chained = sampling.rare.iter().filter(|rare| rare.sampler == Sampler::EllipticalSlice);
        let chained = chained.map(|rare| (rare.class, rare.made)).collect();
        Ok(Self { head, space: space.clone(), directions, per_class, address, gaussian, chained })
    }

    /// Classes some of whose Gaussian draws are ends of Markov chains, and how many: such draws follow the
    /// distribution as nearly as the chains have forgotten where they started.
    #[must_use]
    pub fn chained(&self) -> &[(usize, usize)] {
        &self.chained
    }

    /// Shows every stratum, piece by piece, each piece labelled by the original head and with its logits
    /// there, row-major.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device fails, and what `visit` says.
    pub fn each(
        &self,
        mut visit: impl FnMut(Stratum, &Embeddings, &[f32]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (width, classes) = (self.head.width(), self.head.classes());
        // A class may have so many draws that the logits of many classes would take gigabytes.
        let most = (MOST_AT_ONCE / width.max(classes)).max(16) * width;
        let mut visit = |stratum, values: Vec<f32>| {
            for values in values.chunks(most) {
                let logits =
                    logits(values, &self.head).map_err(Error::compute("labelling synthetic embeddings"))?;
                let labels = tops(&logits, classes).collect();
                visit(stratum, &Embeddings { width, values: values.to_vec(), labels }, &logits)?;
            }
            Ok::<(), Error>(())
        };
        let rows = (VALUES_AT_ONCE / width.max(classes)).clamp(16, 4096);
        for (stratum, factor) in [(Stratum::Gaussian, 1.0), (Stratum::Scaled2, 2.0), (Stratum::Scaled4, 4.0)]
        {
            for piece in self.gaussian.values.chunks(rows * width) {
                let values = piece.iter().map(|x| x * factor).collect();
                visit(stratum, values)?;
            }
        }
        let mut next = 0;
        while next < classes {
            let mut piece = Vec::new();
            while next < classes && piece.len() < rows * width {
                piece.extend(self.around(next));
                next += 1;
            }
            visit(Stratum::ClassDirection, piece)?;
        }
        for part in 0..self.half_normal_count().div_ceil(HALF_NORMAL_ROWS) {
            visit(Stratum::HalfNormal, self.half_normal(part as u64)?)?;
        }
        Ok(())
    }

    /// Draws around the direction of a class.
    fn around(&self, class: usize) -> Vec<f32> {
        let typical = (self.space.full_width() as f32).sqrt();
        let width = self.head.width();
        let direction = &self.directions[class * width..(class + 1) * width];
        let mut values = vec![0.0; self.per_class[class] * width];
        let mut stream = self.address.stream(rng::index(CLASS_DIRECTION, class, 0));
        Distribution::Gaussian.fill(&mut stream, &mut values);
        for (i, row) in values.chunks_exact_mut(width).enumerate() {
            let norm = if i % 2 == 0 { typical } else { typical / 2.0 };
            row.iter_mut().zip(direction).for_each(|(x, d)| *x = *x / 2.0 + norm * d);
        }
        values
    }

    /// How many half-normal draws are looked at. Each is made in all dimensions and then projected.
    fn half_normal_count(&self) -> usize {
        ((1 << 31) / (self.space.full_width() * self.head.width()).max(1)).clamp(256, 8192)
    }

    fn half_normal(&self, part: u64) -> Result<Vec<f32>, Error> {
        let mut values = vec![0.0; HALF_NORMAL_ROWS * self.space.full_width()];
        let mut stream = self.address.stream(rng::index(HALF_NORMAL, 0, part));
        Distribution::Gaussian.fill(&mut stream, &mut values);
        values.iter_mut().for_each(|x| *x = x.abs());
        self.space.coordinates(&values)
    }
}

/// Kinds of streams.
const CLASS_DIRECTION: u8 = 3;
const HALF_NORMAL: u8 = 4;

/// Coordinates or logits of one piece.
const VALUES_AT_ONCE: usize = 1 << 22;
/// The same where all draws of a class come in one piece.
const MOST_AT_ONCE: usize = 1 << 25;
const HALF_NORMAL_ROWS: usize = 256;

/// Every class's weights less the mean of all, in the coordinates of `space`, at length 1.
fn directions(original: &LinearHead, space: &Space) -> Result<Vec<f32>, Error> {
    let (centre, _) = original.mean(0..original.classes);
    let offset = |row: &[f32]| row.iter().zip(&centre).map(|(&w, c)| w - *c as f32).collect::<Vec<_>>();
    let offsets: Vec<f32> = original.weight.chunks_exact(original.width).flat_map(offset).collect();
    let mut directions = space.coordinates(&offsets)?;
    for direction in directions.chunks_exact_mut(space.width()) {
        let length = direction.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        direction.iter_mut().for_each(|x| *x /= length);
    }
    Ok(directions)
}
