//! Weights that products read in panels: made once, and in place of the weights themselves.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Fault, Network, Value,
    budget::Budget,
    kernels::{self, Form},
    packed::Packed,
    weights::poisoned,
};
use crate::net::ValueId;

/// What depends on no input, for one run.
pub(super) struct Fixed {
    pub(super) values: HashMap<ValueId, Value>,
    /// The second operands of steps.
    pub(super) packed: HashMap<usize, Arc<Packed>>,
}

impl Network<'_> {
    /// What some steps and the caller read of weights alone.
    pub(super) fn fixed(
        &self,
        steps: &[usize],
        wanted: &HashSet<ValueId>,
        is_fixed: impl Fn(ValueId) -> bool,
        learns: bool,
        budget: &Budget,
    ) -> Result<Fixed, Fault> {
        let mut plain: HashSet<ValueId> = wanted.iter().copied().filter(|value| is_fixed(*value)).collect();
        let mut packed = HashMap::new();
        for at in steps {
            let step = &self.steps[*at];
            let form = step.kernel.as_ref().ok().and_then(|kernel| kernels::form(*kernel, step.node));
            let form = form.filter(|_| !learns && self.device.is_cpu());
            for (place, value) in step.operands.iter().enumerate() {
                let Some(value) = value.filter(|value| is_fixed(*value)) else { continue };
                let own = form.filter(|_| place == 1).map(|form| self.packed(value, form, budget));
                match own.transpose()?.flatten() {
                    Some(own) => drop(packed.insert(*at, own)),
                    None => drop(plain.insert(value)),
                }
            }
        }
        Ok(Fixed { values: self.settled(&plain, budget)?, packed })
    }

    /// A weight in this form, which one thread at a time makes.
    fn packed(&self, value: ValueId, form: Form, budget: &Budget) -> Result<Option<Arc<Packed>>, Fault> {
        let key = (value, form);
        let known = || Ok::<_, Fault>(self.packed.read().map_err(|_| poisoned())?.get(&key).cloned());
        if let Some(known) = known()? {
            return Ok(known);
        }
        let _alone = self.settling.lock().map_err(|_| poisoned())?;
        if let Some(known) = known()? {
            return Ok(known);
        }
        let made = match self.packed_twin(value, form) {
            Some(twin) => twin,
            None => {
                let plain = self.computed(&[value], budget)?;
                let Some(Value::Floats(floats)) = plain.get(&value) else { return Ok(None) };
                form.packed(&floats.tensor)?.map(Arc::new)
            }
        };
        self.packed.write().map_err(|_| poisoned())?.insert(key, made.clone());
        Ok(made)
    }

    /// What the origin has for it.
    fn packed_twin(&self, value: ValueId, form: Form) -> Option<Option<Arc<Packed>>> {
        let origin = self.origin?;
        let twin = origin.value(self.names.get(&value)?)?;
        let loaded = origin.packed.read().ok()?.get(&(twin, form))?.clone();
        self.is_twin(value, twin).then_some(loaded)
    }
}
