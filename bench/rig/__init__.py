"""The test rig: impaired networks, camera and microphone files for real browsers.

Where to start reading: `network.open_network` gives each participant a place behind a bad connection,
`sources` makes what the participant's camera and microphone deliver, `tls` makes the certificate that
browsers in a namespace need. `impairment` is the pure part: what happens to one packet.
"""
