import { empty, head } from '../ui.js'

export const title = 'Accounts'

export function show(place) {
  place.append(head(title), empty('Nothing yet.'))
}
