-- The whole of a text that is longer than `normalized`, which stands in an index and is cut; null where `normalized` is all of it.
-- The rows there are lack it until they have been made anew (src/search/digests.ts).
alter table search_string add column whole text collate "C";
