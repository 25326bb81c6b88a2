//! What depends on no input: weights, and what is computed of weights alone.

use std::collections::{HashMap, HashSet};

use candle_core::Tensor;
use declass_formats::{Dtype, TensorInfo};

use super::{
    Array, Fault, Floats, Network, Value,
    budget::Budget,
    value::{TEXT, sound, text_number},
};
use crate::net::ValueId;

/// What depends on no input, by value.
pub(super) type Settled = HashMap<ValueId, Value>;

impl Network<'_> {
    /// Everything that these values are, each a weight or computed of weights alone.
    ///
    /// One thread at a time does this, so that nothing is loaded twice.
    pub(super) fn settled(&self, wanted: &HashSet<ValueId>, budget: &Budget) -> Result<Settled, Fault> {
        let missing: Vec<ValueId> = {
            let known = self.known.read().map_err(|_| poisoned())?;
            wanted.iter().filter(|value| !known.contains_key(value)).copied().collect()
        };
        if !missing.is_empty() {
            let _alone = self.settling.lock().map_err(|_| poisoned())?;
            let made = self.computed(&missing, budget)?;
            self.known.write().map_err(|_| poisoned())?.extend(made);
        }
        let known = self.known.read().map_err(|_| poisoned())?;
        Ok(wanted.iter().filter_map(|value| Some((*value, known.get(value)?.clone()))).collect())
    }

    /// Some of these, of which those that stand already are not made again.
    pub(super) fn computed(&self, wanted: &[ValueId], budget: &Budget) -> Result<Settled, Fault> {
        let known = self.known.read().map_err(|_| poisoned())?.clone();
        let (stands, wanted): (Vec<ValueId>, Vec<ValueId>) =
            wanted.iter().partition(|value| known.contains_key(value));
        let mut made = Settled::new();
        let mut left: Vec<ValueId> = Vec::new();
        for value in &wanted {
            match self.twin(*value) {
                Some(twin) => drop(made.insert(*value, twin)),
                None => left.push(*value),
            }
        }
        self.fold(&left, &wanted, &known, &mut made, budget)?;
        for value in &left {
            if !made.contains_key(value) {
                made.insert(*value, self.stored(*value)?);
            }
        }
        made.retain(|value, _| wanted.contains(value));
        made.extend(stands.into_iter().filter_map(|value| Some((value, known.get(&value)?.clone()))));
        Ok(made)
    }

    /// Computes values of weights alone; what only steps on the way to them read is gone afterwards.
    fn fold(
        &self,
        left: &[ValueId],
        wanted: &[ValueId],
        known: &Settled,
        made: &mut Settled,
        budget: &Budget,
    ) -> Result<(), Fault> {
        let steps = self.before(left, |value| known.contains_key(&value));
        let mut last: HashMap<ValueId, usize> = HashMap::new();
        for at in &steps {
            last.extend(self.steps[*at].operands.iter().flatten().map(|value| (*value, *at)));
        }
        for at in &steps {
            let step = &self.steps[*at];
            for value in step.operands.iter().flatten() {
                if !made.contains_key(value) && !known.contains_key(value) {
                    made.insert(*value, self.stored(*value)?);
                }
            }
            let of = |value: ValueId| made.get(&value).or_else(|| known.get(&value)).cloned();
            for (result, value) in self.step(*at, of, budget)? {
                budget.keep(value.elements());
                made.insert(result, value);
            }
            for value in step.operands.iter().flatten().filter(|value| last.get(value) == Some(at)) {
                if !wanted.contains(value)
                    && let Some(gone) = made.remove(value)
                    && self.info(*value).is_none()
                {
                    budget.release(gone.elements());
                }
            }
        }
        Ok(())
    }

    /// The value that the origin has for it: made by the same operators of the same bytes.
    fn twin(&self, value: ValueId) -> Option<Value> {
        let origin = self.origin?;
        let twin = origin.value(self.names.get(&value)?)?;
        let loaded = origin.known.read().ok()?.get(&twin)?.clone();
        self.is_twin(value, twin).then_some(loaded)
    }

    pub(super) fn is_twin(&self, own: ValueId, twin: ValueId) -> bool {
        let Some(origin) = self.origin else { return false };
        let mut pending = vec![(own, twin)];
        let mut seen = HashSet::new();
        while let Some((own, twin)) = pending.pop() {
            if !seen.insert(own) {
                continue;
            }
            match (self.info(own), origin.info(twin)) {
                (Some(a), Some(b)) if a == b && self.same_bytes(own) => continue,
                (None, None) => {}
                _ => return false,
            }
            let (Some(a), Some(b)) = (self.makers.get(&own), origin.makers.get(&twin)) else { return false };
            let (a, b) = (&self.steps[*a], &origin.steps[*b]);
            let same = a.node.op_type == b.node.op_type
                && a.node.domain == b.node.domain
                && a.version == b.version
                && a.node.inputs == b.node.inputs
                && a.node.outputs == b.node.outputs
                && a.node.attributes == b.node.attributes;
            if !same {
                return false;
            }
            pending.extend(a.operands.iter().flatten().copied().zip(b.operands.iter().flatten().copied()));
        }
        true
    }

    fn same_bytes(&self, value: ValueId) -> bool {
        let Some((name, origin)) = self.names.get(&value).zip(self.origin) else { return false };
        match (self.source.read(name), origin.source.read(name)) {
            (Ok(own), Ok(others)) => own == others,
            _ => false,
        }
    }

    pub(super) fn info(&self, value: ValueId) -> Option<&TensorInfo> {
        self.source.info(self.names.get(&value)?)
    }

    /// A weight of the file.
    fn stored(&self, value: ValueId) -> Result<Value, Fault> {
        let name = self.names.get(&value).copied().unwrap_or_default();
        let Some(info) = self.info(value) else {
            return Err(Fault::Input { name: name.to_owned(), what: "is not given".to_owned() });
        };
        sound(&info.shape)?;
        if info.dtype.is_text() {
            let numbers = self.source.texts(name)?.iter().map(|text| text_number(text)).collect();
            return Ok(Array::new(TEXT, info.shape.clone(), numbers).into());
        }
        let bytes = self.source.read(name)?;
        let unread = || Fault::unsupported(format!("`{name}` has elements of type {}", info.dtype.name()));
        Ok(match info.dtype {
            Dtype::F64 => {
                let numbers = info.dtype.decode_f64(&bytes).ok_or_else(unread)?;
                Floats::of(numbers, &info.shape, info.dtype, &self.device)?.into()
            }
            dtype if dtype.is_float() => {
                let numbers = dtype.decode(&bytes).ok_or_else(unread)?;
                let tensor = Tensor::from_vec(numbers, info.shape.as_slice(), &self.device)?;
                Floats { tensor, dtype }.into()
            }
            dtype => {
                let numbers = dtype.decode_i64(&bytes).ok_or_else(unread)?;
                Array::new(dtype, info.shape.clone(), numbers).into()
            }
        })
    }
}

pub(super) fn poisoned() -> Fault {
    Fault::Compute("another thread failed while it computed a constant".into())
}
