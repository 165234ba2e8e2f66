"""From raw rows to what each side could hear and see. One rule: missing is bad.

rows (order) → spans (what two neighbours say) → evidence (which second they touch) → legs, perception (a ``Timeline``)
→ limits, window (one asking) and attribution (whose fault), explain (why); trust looks at the rows themselves.
"""
