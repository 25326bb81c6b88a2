//! Derivatives behind a cut.

use candle_core::{Tensor, Var};

use super::Fault;

/// The derivatives of a loss for each parameter, in their order.
///
/// # Errors
/// [`Fault::NoDerivative`] with the first parameter that has none: what is not moved would look like training.
pub(crate) fn gradients(loss: &Tensor, parameters: &[(&str, &Var)]) -> Result<Vec<Tensor>, Fault> {
    let mut derivatives = loss.backward()?;
    let of = |(name, parameter): &(&str, &Var)| {
        derivatives.remove(parameter.as_tensor()).ok_or_else(|| Fault::NoDerivative((*name).to_owned()))
    };
    parameters.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, path::Path};

    use candle_core::Device;
    use declass_formats::{Artifact, Dtype};

    use super::*;
    use crate::run::{Floats, Limits, Network, Run, Value};

    fn gap(a: &Tensor, b: &Tensor) -> f32 {
        let largest =
            |x: &Tensor| x.abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
        largest(&(a - b).unwrap()) / largest(b).max(1e-6)
    }

    /// Every parameter of a small network in which every kind of layer is, by PyTorch
    /// (`fixtures/nodes/gradients.py`).
    #[test]
    fn derivatives_are_those_of_pytorch() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/nodes");
        let model = Artifact::open(&folder.join("tail.onnx")).unwrap();
        let stated = Artifact::open(&folder.join("tail.safetensors")).unwrap();
        let network = Network::new(&model, Device::Cpu).unwrap();
        let read = |name: &str| {
            let bytes = stated.read_tensor(name).unwrap();
            let value = Value::of(stated.tensor(name).unwrap(), &bytes, &Device::Cpu).unwrap();
            value.floats().unwrap().tensor.clone()
        };
        let value = |tensor: &Tensor| Value::from(Floats { tensor: tensor.clone(), dtype: Dtype::F32 });
        let names = stated.tensors().keys().filter_map(|name| name.strip_prefix("gradient/"));
        let parameters: Vec<(&str, Var)> = names
            .map(|name| (name, Var::from_tensor(&read(&format!("parameter/{name}"))).unwrap()))
            .collect();
        assert!(parameters.len() > 25);
        let mut given = HashMap::from([(network.value("x").unwrap(), value(&read("x")))]);
        for (name, parameter) in &parameters {
            given.insert(network.value(name).unwrap(), value(parameter.as_tensor()));
        }
        let wanted = [network.value("logits").unwrap()];
        let logits = |learns| {
            let run = Run { given: &given, wanted: &wanted, learns, limits: Limits::default() };
            network.run(&run).unwrap()[0].floats().unwrap().tensor.clone()
        };
        let learning = logits(true);
        assert!(gap(&learning, &read("logits")) < 1e-5);
        assert!(gap(&logits(false), &learning) < 1e-5, "what is run with and without derivatives differs");

        let mut all = wanted.to_vec();
        all.extend(network.makers.keys().filter(|value| !wanted.contains(value)));
        let run = Run { given: &given, wanted: &all, learns: false, limits: Limits::default() };
        let beside = network.run(&run).unwrap()[0].floats().unwrap().tensor.clone();
        let bits = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(bits(&beside), bits(&logits(false)), "what else is asked for changes what comes out");

        let loss = (learning * read("probe")).unwrap().sum_all().unwrap();
        let named: Vec<(&str, &Var)> = parameters.iter().map(|(name, var)| (*name, var)).collect();
        for ((name, _), found) in named.iter().zip(gradients(&loss, &named).unwrap()) {
            let gap = gap(&found, &read(&format!("gradient/{name}")));
            assert!(gap < 1e-4, "{name}: {gap}");
        }
    }

    #[test]
    fn a_parameter_that_does_nothing_is_refused() {
        let [used, idle] = [1.0_f32, 2.0].map(|x| Var::new(x, &Device::Cpu).unwrap());
        let loss = used.as_tensor().sqr().unwrap();
        assert!(gradients(&loss, &[("used", &used)]).is_ok());
        let fault = gradients(&loss, &[("used", &used), ("idle", &idle)]).unwrap_err();
        assert_eq!(fault, Fault::NoDerivative("idle".into()));
    }
}
