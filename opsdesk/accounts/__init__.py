"""Who people are and for whom they act: User, Party, Membership, ApiToken.

Its one rule for everybody else: ask `access_of(user)` what a person may see and do;
nobody reads memberships directly.
"""
