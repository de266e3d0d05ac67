import { expect } from "chai";

import { Metrics } from "../../src/adapters/metrics.js";

describe("Metrics", () => {
  it("renders counters and gauges in Prometheus' text form", async () => {
    const metrics = new Metrics("assay_");
    const jobs = metrics.counter("jobs_total", "Jobs");
    jobs.add(1, { outcome: "paid" });
    jobs.add(2, { outcome: "paid" });
    jobs.add(1, { outcome: 'a "b"\\\n' });
    metrics.gauge("stake", "Stake").set(7);

    expect(await metrics.render()).to.equal(
      [
        "# HELP assay_jobs_total Jobs",
        "# TYPE assay_jobs_total counter",
        'assay_jobs_total{outcome="paid"} 3',
        'assay_jobs_total{outcome="a \\"b\\"\\\\\\n"} 1',
        "# HELP assay_stake Stake",
        "# TYPE assay_stake gauge",
        "assay_stake 7",
        "",
      ].join("\n"),
    );
  });

  it("keeps the last value of what cannot be read now", async () => {
    const metrics = new Metrics("");
    const gauge = metrics.gauge("g", "G");
    let reads = 0;
    metrics.collect(() => {
      reads += 1;
      if (reads > 1) expect.fail("away");
      gauge.set(reads);
    });

    await metrics.render();
    expect(await metrics.render()).to.include("\ng 1\n");
    expect(reads).to.equal(2);
  });
});
