//! The start at the minimum of a method's loss, where that is known in closed form.
//!
//! Gradient descent from the original head only adds drift there: the retained rows are where the minimum has them
//! from the beginning. So nothing is trained, nothing is drawn to train on, and what is said of the head is measured on a
//! few embeddings of the strata: that a removed class is gone there, the loss, and the norm of its gradient.

use candle_core::{Device, Tensor};

use super::{
    Epoch, Search, Summary,
    course::Reached,
    judge::{is_gone, required},
    material::training,
    train::Best,
};
use crate::{
    embeddings::{Embeddings, Sampling, Strata, Stratum},
    error::Error,
    head::LinearHead,
    methods::{ClosedForm, Distillation, Masked, Optimizer, Point},
    progress::Progress,
    removal::Removal,
    rng::{Address, Purpose},
    space::Space,
    tail::Weights,
};

/// What came of starting at the minimum.
#[derive(Clone, Debug)]
pub struct Started {
    /// What was drawn to find it.
    pub sampling: Sampling,
    /// The one attempt.
    pub search: Search,
}

/// Most multiplications of looking once at the embeddings of one side in one stratum, and how many embeddings these are
/// at least and at most.
const WORK: usize = 1 << 31;
const FEWEST: usize = 64;
const MOST: usize = 4096;
/// Most embeddings of one class in one stratum.
const MOST_OF_CLASS: usize = 1000;
/// Most classes each of which is sampled whatever it takes; more of them get what plain draws give.
const INSISTED: usize = 16;

/// Puts the head at the minimum of the method's loss and measures it there.
///
/// None where the removal asks for descent, the minimum is not known, or no stratum has an embedding of a forgotten
/// class: then the method trains as it always did.
///
/// # Errors
/// [`Error::Compute`] if the device fails; [`Error::Unlearn`] if the head has no room for the minimum.
pub fn start(
    head: &LinearHead,
    removal: &Removal,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Option<Started>, Error> {
    let is_wanted = removal.optimizer() == Optimizer::Minimum;
    let Some(loss) = removal.method().minimum.filter(|_| is_wanted) else { return Ok(None) };
    let (sampling, value) = target(head, &loss, removal, device, progress)?;
    let given = ClosedForm { head, forgotten: removal.forgotten(), settings: removal.settings() };
    let Some(after) = loss.minimum(&given, value, removal.target().is_final())? else { return Ok(None) };
    let space = coordinates(head)?;
    let strata = strata(head, &space, removal, device)?;
    let mut look = Look::new(&space.restrict(&after)?, &loss, value, removal, device)?;
    strata.each(|stratum, piece, logits| look.at(stratum, piece, logits))?;
    if look.counts.iter().all(|(_, seen, _)| *seen == 0) {
        return Ok(None);
    }
    let strata = look.counts.iter().map(|(stratum, ..)| *stratum).collect();
    let summary = look.summary()?;
    let best = summary.succeeded().then_some(Best { kept: 0, head: after });
    Ok(Some(Started { sampling, search: Search { attempts: vec![summary], strata, best } }))
}

/// Where embeddings are looked at: in the row space of a head with few classes; a basis of many rows would take longer than
/// the rest.
fn coordinates(head: &LinearHead) -> Result<Space, Error> {
    if head.classes.saturating_mul(4) < head.width {
        Space::spanned_by(&[head])
    } else {
        Ok(Space::whole(head.width))
    }
}

/// What the target of the distillation has for the forgotten classes, and what was drawn to know it.
fn target(
    head: &LinearHead,
    loss: &Distillation,
    removal: &Removal,
    device: &Device,
    progress: &dyn Progress,
) -> Result<(Sampling, f32), Error> {
    if loss.masked == Masked::Gone {
        return Ok((Sampling::none(removal.distribution(), head.classes), f32::NEG_INFINITY));
    }
    let isotropic = removal.distribution().is_isotropic();
    let space = if isotropic { Space::spanned_by(&[head])? } else { Space::whole(head.width) };
    let head = space.restrict(head)?;
    let (embeddings, sampling) = training(&head, removal, device, progress)?;
    let weights = Weights::of(&head, device)?;
    let mut least = f32::INFINITY;
    for rows in embeddings.values.chunks(ROWS_AT_ONCE * head.width) {
        let least_of = || -> candle_core::Result<f32> {
            let rows = Tensor::from_slice(rows, (rows.len() / head.width, head.width), device)?;
            weights.logits(&rows)?.min_all()?.to_scalar()
        };
        least = least.min(least_of().map_err(Error::compute("unlearning"))?);
    }
    Ok((sampling, least))
}

const ROWS_AT_ONCE: usize = 4096;

/// Embeddings of the classes that the loss is about and of those that shall be gone, some of each stratum.
fn strata(head: &LinearHead, space: &Space, removal: &Removal, device: &Device) -> Result<Strata, Error> {
    let forgotten = removal.forgotten();
    let gone = forgotten.indices().count();
    let in_all = (WORK / (head.classes * space.width()).max(1)).clamp(FEWEST, MOST);
    let each = |classes: usize| (in_all / classes.max(1)).clamp(1, MOST_OF_CLASS);
    let of_retained = if removal.method().data.has_retained() { each(head.classes - gone) } else { 0 };
    let wanted = |class| if forgotten.contains(class) { each(gone) } else { of_retained };
    let per_class = (0..head.classes).map(wanted).collect();
    let insist = |class| gone <= INSISTED && forgotten.contains(class);
    let address = Address { seed: removal.seed(), purpose: Purpose::Stopping };
    Strata::draw(head, space, per_class, insist, address, device)
}

/// What was seen of the head at the minimum.
struct Look<'a> {
    loss: &'a Distillation,
    value: f32,
    /// The rows of the forgotten classes.
    forgotten: Weights,
    is_forgotten: Vec<bool>,
    of_forgotten: bool,
    of_retained: bool,
    has_bias: bool,
    /// Embeddings of forgotten classes in each stratum, and how many of them are still recognised.
    counts: Vec<(Stratum, usize, usize)>,
    shortfall: f32,
    sum: f64,
    count: usize,
    /// The sum of the gradients.
    gradient: Option<Weights>,
}

impl<'a> Look<'a> {
    fn new(
        after: &LinearHead,
        loss: &'a Distillation,
        value: f32,
        removal: &Removal,
        device: &Device,
    ) -> Result<Self, Error> {
        let (forgotten, data) = (removal.forgotten(), removal.method().data);
        let rows: Vec<u32> = forgotten.indices().map(|class| class as u32).collect();
        let columns = || Weights::of(after, device).map(|weights| (weights, Tensor::new(rows, device)));
        let (weights, rows) = columns()?;
        let columns = rows.and_then(|rows| weights.columns(&rows));
        Ok(Self {
            loss,
            value,
            forgotten: columns.map_err(Error::compute("unlearning"))?,
            is_forgotten: (0..after.classes).map(|class| forgotten.contains(class)).collect(),
            of_forgotten: data.has_forgotten(),
            of_retained: data.has_retained(),
            has_bias: after.has_bias,
            counts: Vec::new(),
            shortfall: 0.0,
            sum: 0.0,
            count: 0,
            gradient: None,
        })
    }

    /// Looks at a piece of a stratum with its logits at the original head.
    fn at(&mut self, stratum: Stratum, piece: &Embeddings, logits: &[f32]) -> Result<(), Error> {
        if self.counts.last().is_none_or(|(last, ..)| *last != stratum) {
            self.counts.push((stratum, 0, 0));
        }
        let classes = self.is_forgotten.len();
        let is_forgotten = |label: u32| self.is_forgotten[label as usize];
        let is_used = |label: u32| is_forgotten(label) || self.of_retained;
        let mut used = Embeddings { width: piece.width, ..Embeddings::default() };
        let mut originals: Vec<&[f32]> = Vec::new();
        let rows = piece.values.chunks_exact(piece.width).zip(&piece.labels);
        for ((row, &label), logits) in rows.zip(logits.chunks_exact(classes)) {
            if is_used(label) {
                used.push(row, label);
                originals.push(logits);
            }
        }
        if used.is_empty() {
            return Ok(());
        }
        self.fold(&used, &originals).map_err(Error::compute("unlearning"))
    }

    /// Adds embeddings to what was seen.
    fn fold(&mut self, rows: &Embeddings, originals: &[&[f32]]) -> candle_core::Result<()> {
        let device = self.forgotten.weight.device().clone();
        let samples = rows.to_device(&device)?;
        let now = self.forgotten.logits(&samples)?.to_vec2::<f32>()?;
        let classes = self.is_forgotten.len();
        let mut gradient = vec![0.0; rows.len() * classes];
        let all = rows.labels.iter().zip(originals).zip(&now);
        for (((&label, original), now), gradient) in all.zip(gradient.chunks_exact_mut(classes)) {
            let is_forgotten = self.is_forgotten[label as usize];
            if is_forgotten {
                self.judge(original, now);
            }
            if (is_forgotten && self.of_forgotten) || (!is_forgotten && self.of_retained) {
                let point = Point { original, now, value: self.value, is_forgotten: &self.is_forgotten };
                self.sum += self.loss.at(&point, gradient);
                self.count += 1;
            }
        }
        let gradient = Tensor::from_vec(gradient, (rows.len(), classes), &device)?;
        let step = Weights { weight: gradient.t()?.matmul(&samples)?, bias: gradient.sum(0)? };
        self.gradient = Some(match &self.gradient {
            Some(sum) => sum.plus(&step, 1.0)?,
            None => step,
        });
        Ok(())
    }

    /// Whether an embedding of a forgotten class is still recognised, by the rule that ends a training.
    fn judge(&mut self, original: &[f32], now: &[f32]) {
        let largest = |logits: &mut dyn Iterator<Item = f32>| logits.fold(f32::NEG_INFINITY, f32::max);
        let side =
            |forgotten: bool| original.iter().zip(&self.is_forgotten).filter(move |it| *it.1 == forgotten);
        let rival = largest(&mut side(false).map(|(logit, _)| *logit));
        let before = largest(&mut side(true).map(|(logit, _)| *logit)) - rival;
        // A logit that is no number would be passed over by `f32::max`.
        let now = if now.iter().any(|logit| logit.is_nan()) {
            f32::NAN
        } else {
            largest(&mut now.iter().copied()) - rival
        };
        let needed = required(before);
        if let Some((_, seen, recognised)) = self.counts.last_mut() {
            *seen += 1;
            *recognised += usize::from(!is_gone(now, needed));
        }
        let miss = now + needed;
        if miss > self.shortfall || miss.is_nan() {
            self.shortfall = miss;
        }
    }

    fn summary(self) -> Result<Summary, Error> {
        let share = |&(_, seen, recognised): &(Stratum, usize, usize)| recognised as f64 / seen.max(1) as f64;
        let state = Epoch { recognised: self.counts.iter().map(share).collect(), shortfall: self.shortfall };
        let count = self.count.max(1) as f64;
        let norm = self.norm().map_err(Error::compute("unlearning"))?;
        Ok(Summary {
            learning_rate: None,
            stretch: 1.0,
            epochs: 0,
            worst_stratum: state.worst(),
            // The retained rows are those of the original, bit by bit: among the retained classes nothing moves.
            retained_agreement: 1.0,
            worst_class: 1.0,
            retained_kl: 0.0,
            reached: Some(Reached { loss: self.sum / count, gradient: norm / count, embeddings: self.count }),
            trace: vec![state],
        })
    }

    /// The norm of the sum of the gradients.
    fn norm(&self) -> candle_core::Result<f64> {
        let Some(Weights { weight, bias }) = &self.gradient else { return Ok(0.0) };
        let squares = |values: Vec<f32>| values.into_iter().map(|x| f64::from(x).powi(2)).sum::<f64>();
        let biases = if self.has_bias { squares(bias.to_vec1()?) } else { 0.0 };
        Ok((squares(weight.flatten_all()?.to_vec1()?) + biases).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        classes::Forgotten,
        head::{Link, MARGIN, Treatment, seal},
        methods,
        progress::Silent,
        removal::Builder,
    };

    fn head(has_bias: bool) -> LinearHead {
        let weight = vec![1.0, 0.0, 0.0, -0.5, 0.9, 0.0, -0.5, -0.9, 0.1];
        let bias = if has_bias { vec![0.1, 0.0, -0.1] } else { vec![0.0; 3] };
        LinearHead { classes: 3, width: 3, weight, bias, has_bias }
    }

    fn removal(method: &str) -> Builder {
        let forgotten = Forgotten::resolve(&["1"], 3, None).unwrap();
        Removal::of(forgotten, methods::by_name(method).unwrap())
    }

    fn started(head: &LinearHead, removal: Builder) -> Option<Started> {
        start(head, &removal.build().unwrap(), &Device::Cpu, &Silent).unwrap()
    }

    #[test]
    fn delete_ends_where_the_seal_does_and_draws_nothing_to_train_on() {
        let head = head(true);
        let Started { sampling, search } = started(&head, removal("delete")).unwrap();
        assert_eq!((sampling.draws, sampling.accepted.iter().sum::<usize>()), (0, 0));
        let trained = search.trained().unwrap();
        let forgotten = Forgotten::resolve(&["1"], 3, None).unwrap();
        assert_eq!(trained.head, seal(&head, &forgotten, Link::Softmax, MARGIN).unwrap());
        let kept = &trained.attempts[0];
        let reached = kept.reached.unwrap();
        assert!(reached.embeddings > 1000, "{reached:?}");
        assert!((0.0..1e-13).contains(&reached.loss) && reached.gradient < 1e-12, "{reached:?}");
        assert_eq!((kept.epochs, kept.worst_stratum), (0, 0.0));
    }

    /// Among three classes there are long embeddings at which both retained logits are below the least that was drawn.
    #[test]
    fn a_minimum_that_does_not_do_is_said_and_not_kept() {
        let search = started(&head(true), removal("scar")).unwrap().search;
        let attempt = &search.attempts[0];
        assert_eq!((attempt.reached.unwrap().loss, search.succeeded()), (0.0, false));
        assert!(attempt.worst_stratum > 0.0 && attempt.worst_stratum < 0.2, "{attempt}");
    }

    #[test]
    fn what_has_no_known_minimum_is_left_to_descent() {
        assert!(started(&head(true), removal("delete").optimizer(Optimizer::Sgd)).is_none());
        assert!(started(&head(true), removal("scrub")).is_none());
        assert!(started(&head(false), removal("delete").treatment(Treatment::Leave)).is_none());
        let sealed = started(&head(false), removal("delete")).unwrap().search;
        assert!(sealed.attempts[0].reached.unwrap().loss > 1e-3, "without a bias there is something left");
    }

    #[test]
    fn a_class_that_no_stratum_has_is_left_to_the_rest() {
        let bias = vec![900.0, 0.0, 0.0];
        let head = LinearHead { classes: 3, width: 3, weight: vec![0.0; 9], bias, has_bias: true };
        assert!(started(&head, removal("delete")).is_none());
    }
}
