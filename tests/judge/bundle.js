// Whether @sigstore/verify accepts a bundle for a key, without transparency log: BUNDLE PUBLIC -> {"accepted": ...}
const { createPublicKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity } = require("@sigstore/verify");

const [bundle, pem] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const entity = toSignedEntity(bundleFromJSON(JSON.parse(bundle)));
const publicKey = () => ({ publicKey: createPublicKey(pem), validFor: () => true });
const material = { certificateAuthorities: [], ctlogs: [], publicKey, timestampAuthorities: [], tlogs: [] };
const none = { ctlogThreshold: 0, timestampThreshold: 0, tlogThreshold: 0 };
try {
  new Verifier(material, none).verify(entity);
  console.log(JSON.stringify({ accepted: true }));
} catch (error) {
  console.log(JSON.stringify({ accepted: false, said: `${error.code}: ${error.message}` }));
}
