"""OpenID Connect towards the staff's identity provider. One rule: nothing it says is believed before it is checked.

``provider`` speaks HTTP (discovery, keys, code against token), ``tokens`` holds an ID token against the provider's
keys; what its claims must say stands in core/identity.
"""
